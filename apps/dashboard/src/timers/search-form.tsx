import { type Order, statuses } from '../api/types.ts';
import type { Search } from './search.ts';

interface Props {
  readonly search: Search;
  readonly onChange: (change: Partial<Search>) => void;
}

const enables = ['', 'true', 'false'] as const;
const orders: readonly (readonly [Order, string])[] = [
  ['nextFireTime', 'next fire'],
  ['key', 'key'],
  ['id', 'id'],
];

/** Every condition that a list knows; what is empty is not asked for. */
export function SearchForm({ search, onChange }: Props) {
  const text = (name: 'namespace' | 'keyPrefix' | 'tags' | 'hookClass', label: string, hint = '') => (
    <label>
      {label}
      <input value={search[name]} placeholder={hint} onChange={(e) => onChange({ [name]: e.target.value })} />
    </label>
  );
  const moment = (name: 'dueFrom' | 'dueBefore', label: string) => (
    <label>
      {label}
      <input
        type="datetime-local"
        value={search[name]}
        onChange={(e) => onChange({ [name]: e.target.value })}
      />
    </label>
  );
  return (
    <search className="card search">
      <div className="fields">
        {text('keyPrefix', 'Key begins with')}
        {text('namespace', 'Namespace', 'all')}
        {text('hookClass', 'Hook class', 'all')}
        {text('tags', 'Has all of these tags', 'a, b')}
        {moment('dueFrom', 'Next fire from')}
        {moment('dueBefore', 'Next fire before')}
        <label>
          Enabled
          <select
            value={search.enable}
            onChange={(e) => onChange({ enable: enables.find((value) => value === e.target.value) ?? '' })}
          >
            <option value="">either</option>
            <option value="true">yes</option>
            <option value="false">no</option>
          </select>
        </label>
        <label>
          Order
          <select
            value={search.order}
            onChange={(e) =>
              onChange({ order: orders.find(([value]) => value === e.target.value)?.[0] ?? 'nextFireTime' })
            }
          >
            {orders.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <StatusChoice search={search} onChange={onChange} />
    </search>
  );
}

function StatusChoice({ search, onChange }: Props) {
  return (
    <fieldset className="chips">
      <legend>Status</legend>
      {statuses.map((status) => (
        <label key={status} className="chip">
          <input
            type="checkbox"
            checked={search.status.includes(status)}
            onChange={(e) =>
              onChange({
                status: e.target.checked
                  ? [...search.status, status]
                  : search.status.filter((other) => other !== status),
              })
            }
          />
          {status}
        </label>
      ))}
    </fieldset>
  );
}
