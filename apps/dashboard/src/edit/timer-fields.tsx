import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/http.ts';
import type { Installation } from '../api/types.ts';
import { expressionHint } from './expressions.ts';
import { AreaField, EnableField, SelectField, TextField, useEditing } from './fields.tsx';

const policies = [
  ['CRON', 'cron: at times of the clock'],
  ['INTERVAL', 'interval: every so often'],
  ['ONCE', 'once'],
  ['AFTER_FINISH', 'after finish: so long after each close'],
  ['ROUNDED', 'rounded: at round moments'],
  ['ON_CLOSE', 'on close: the hook says when'],
] as const;
const gaps = [
  ['skip', 'leave it out'],
  ['shift', 'fire after the gap'],
] as const;
const overlaps = [
  ['both', 'both'],
  ['first', 'the first'],
  ['second', 'the second'],
] as const;
const missed = [
  ['latest', 'make up for the latest'],
  ['all', 'make up for all'],
  ['skip', 'skip them'],
] as const;
type Options = readonly (readonly [value: string, label: string])[];
/** The first of them is what the server takes where nothing is chosen. */
const withDefault = (options: Options): Options => [['', `by default: ${options[0]?.[1]}`], ...options];
/** A timer that is there may have a rule for each cause, which one choice cannot show. */
const missedOf = (isNew: boolean): Options =>
  isNew ? withDefault(missed) : [['', 'as it is: a rule for each cause'], ...missed];
const zones = Intl.supportedValuesOf('timeZone');

/** Those that the installation tells of; none for who may not see all of it. */
function useHookClasses(isNew: boolean): readonly string[] {
  const { data } = useQuery({
    queryKey: ['installation'],
    queryFn: ({ signal }) => ask<Installation>('/v1/installation', { signal }),
    enabled: isNew,
  });
  return data?.hookClasses.map(({ hookClass }) => hookClass).filter((name) => name !== '') ?? [];
}

export function TimerFields() {
  const { form, isNew } = useEditing();
  const hookClasses = useHookClasses(isNew);
  return (
    <>
      <div className="fields">
        <TextField name="key" label="Key" />
        <TextField name="namespace" label="Namespace" />
        <SelectField name="schedPolicyType" label="Schedule" options={policies} />
        <TextField
          name="schedPolicyExpr"
          label="Expression"
          hint={expressionHint(form.schedPolicyType)}
          code
        />
        <TextField name="timeZone" label="Time zone" list="zones" hint="empty: UTC" />
        <TextField
          name="hookClass"
          label="Hook class"
          list="hook-classes"
          hint="who handles it; empty: nobody, and each event closes by itself at once"
        />
        <TextField name="tags" label="Tags" hint="with commas between" />
      </div>
      <datalist id="zones">
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <datalist id="hook-classes">
        {hookClasses.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <AreaField name="data" label="Data" hint="goes to the hook as it is" />
      <EnableField />
      <details open={!isNew}>
        <summary>Limits, daylight saving, misses, retries</summary>
        <div className="fields">
          <TextField name="startAt" label="Not before" type="datetime-local" />
          <TextField name="endAt" label="Not after" type="datetime-local" />
          <TextField name="maxFires" label="Fires at most" />
          <TextField name="jitter" label="Jitter" hint="spreads fires over, say, 30s" />
          <TextField name="exclude" label="Not on these dates" hint="2026-12-25, 2026-12-24/2027-01-02" />
          <SelectField
            name="gap"
            label="A time that the clock skips"
            options={isNew ? withDefault(gaps) : gaps}
          />
          <SelectField
            name="overlap"
            label="A time that comes twice"
            options={isNew ? withDefault(overlaps) : overlaps}
          />
          <SelectField name="missed" label="Missed ticks" options={missedOf(isNew)} />
          <TextField name="ackTimeout" label="Time to close an event" hint="30s, 5m" />
          <TextField name="maxAttempts" label="Attempts" hint="0: for ever" />
        </div>
      </details>
    </>
  );
}
