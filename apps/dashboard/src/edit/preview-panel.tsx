import type { Fire, Preview } from '../api/types.ts';
import { Card } from '../ui/parts.tsx';
import { FireCalendar } from './fire-calendar.tsx';

export function PreviewPanel({
  preview,
  isWaiting,
}: {
  readonly preview: Preview | null;
  readonly isWaiting: boolean;
}) {
  return (
    <Card title="Next fires">
      <div aria-live="polite">
        {preview === null ? (
          <p className="faint">
            {isWaiting ? 'Write an expression to see when it would fire.' : 'Nothing to show.'}
          </p>
        ) : (
          <OutlookView outlook={preview} />
        )}
      </div>
      {preview?.difference !== undefined && (
        <p role="status">
          Against the timer as it is: {preview.difference.added.length} more,{' '}
          {preview.difference.removed.length} fewer, {preview.difference.same} the same.
        </p>
      )}
    </Card>
  );
}

const held = { paused: 'It is paused', disabled: 'It is disabled', faulted: 'It has a fault' } as const;

export function OutlookView({ outlook }: { readonly outlook: Preview }) {
  const { fires, heldBy, ended, dependsOnClose, jitterUnknown } = outlook;
  return (
    <>
      {heldBy !== undefined && <p>{held[heldBy]}; shown as though it were let go now.</p>}
      {dependsOnClose && <p className="faint">Counted as though each event were closed at once.</p>}
      {fires.length > 0 && <FireCalendar fires={fires} />}
      <ol className="fires">
        {fires.map((fire) => (
          <FireLine key={fire.fireAt} fire={fire} />
        ))}
      </ol>
      {ended !== undefined && <p className="faint">Nothing comes after these: {ended}.</p>}
      {jitterUnknown !== undefined && <p className="faint">Each may come up to {jitterUnknown} later.</p>}
    </>
  );
}

const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short', timeZone: 'UTC' });

/** The local day and time of the tick, with what daylight saving does to it. */
function FireLine({ fire }: { readonly fire: Fire }) {
  const [day = '', time = ''] = fire.localTime.split('T');
  const zone = fire.timeZone === '' ? 'UTC' : fire.timeZone;
  const isPlain = fire.why === `${day} ${time} ${zone} (${fire.utcOffset})`;
  return (
    <li>
      <time dateTime={fire.fireAt} title={fire.fireAt}>
        {weekday.format(new Date(`${day}T00:00:00Z`))} {day} <strong>{time}</strong>
      </time>{' '}
      <span className="faint">
        {fire.utcOffset} {zone}
      </span>
      {fire.shiftedFrom !== undefined && <span className="tag dst">DST: shifted</span>}
      {fire.fold !== undefined && <span className="tag dst">DST: {fire.fold} of two</span>}
      {fire.skipped.map(({ reason, firstLocal, count }) => (
        <span key={reason + firstLocal} className="tag dst">
          {reason.startsWith('dst') ? 'DST' : reason}: {count} skipped before
        </span>
      ))}
      {!isPlain && <p className="faint why">{fire.why}</p>}
    </li>
  );
}
