import { AreaField, EnableField, SelectField, TextField } from './fields.tsx';

const policies = [
  ['CRON', 'cron: at times of the clock'],
  ['INTERVAL', 'interval: every so often'],
  ['ONCE', 'once'],
  ['AFTER_FINISH', 'after finish: so long after each close'],
  ['ROUNDED', 'rounded: at round moments'],
  ['ON_CLOSE', 'on close: the hook says when'],
] as const;
const byDefault = ['', 'as by default'] as const;
const gaps = [byDefault, ['skip', 'leave it out'], ['shift', 'fire after the gap']] as const;
const overlaps = [byDefault, ['first', 'the first'], ['second', 'the second'], ['both', 'both']] as const;
const missed = [
  byDefault,
  ['latest', 'make up for the latest'],
  ['all', 'make up for all'],
  ['skip', 'skip them'],
] as const;
const zones = Intl.supportedValuesOf('timeZone');

export function TimerFields({ hasMore }: { readonly hasMore: boolean }) {
  return (
    <>
      <div className="fields">
        <TextField name="key" label="Key" />
        <TextField name="namespace" label="Namespace" />
        <SelectField name="schedPolicyType" label="Schedule" options={policies} />
        <TextField name="schedPolicyExpr" label="Expression" hint="0 9 * * MON-FRI, 15m, 30s" code />
        <TextField name="timeZone" label="Time zone" list="zones" hint="empty: UTC" />
        <TextField name="hookClass" label="Hook class" hint="who handles it; empty: nobody" />
        <TextField name="tags" label="Tags" hint="with commas between" />
      </div>
      <datalist id="zones">
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <AreaField name="data" label="Data" hint="goes to the hook as it is" />
      <EnableField />
      <details open={hasMore}>
        <summary>Limits, daylight saving, misses, retries</summary>
        <div className="fields">
          <TextField name="startAt" label="Not before" type="datetime-local" />
          <TextField name="endAt" label="Not after" type="datetime-local" />
          <TextField name="maxFires" label="Fires at most" />
          <TextField name="jitter" label="Jitter" hint="spreads fires over, say, 30s" />
          <TextField name="exclude" label="Not on these dates" hint="2026-12-25, 2026-12-24/2027-01-02" />
          <SelectField name="gap" label="A time that the clock skips" options={gaps} />
          <SelectField name="overlap" label="A time that comes twice" options={overlaps} />
          <SelectField name="missed" label="Missed ticks" options={missed} />
          <TextField name="ackTimeout" label="Time to close an event" hint="30s, 5m" />
          <TextField name="maxAttempts" label="Attempts" hint="0: for ever" />
        </div>
      </details>
    </>
  );
}
