import type { Fire, Preview } from '../api/types.ts';
import { Card, Distance } from '../ui/parts.tsx';
import { FireCalendar } from './fire-calendar.tsx';
import { outlookSentence } from './outlook-words.ts';

export function PreviewPanel({
  preview,
  askedAt,
  isWaiting,
}: {
  readonly preview: Preview | null;
  readonly askedAt: number;
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
          <OutlookView outlook={preview} askedAt={askedAt} />
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

interface OutlookProps {
  readonly outlook: Preview;
  /** Epoch ms. */
  readonly askedAt: number;
}

export function OutlookView({ outlook, askedAt }: OutlookProps) {
  const { fires, heldBy, ended, dependsOnClose, jitterUnknown } = outlook;
  return (
    <>
      <p>{outlookSentence(outlook, askedAt)}</p>
      {heldBy !== undefined && <p>{held[heldBy]}; shown as though it were let go now.</p>}
      {dependsOnClose && <p className="faint">Counted as though each event were closed at once.</p>}
      {fires.length > 0 && <FireCalendar fires={fires} />}
      <ol className="fires">
        {fires.map((fire, index) => (
          <FireLine key={fire.fireAt} fire={fire} isFirst={index === 0} />
        ))}
      </ol>
      {ended !== undefined && fires.length > 0 && (
        <p className="faint">
          Nothing comes after {fires.length === 1 ? 'it' : 'these'}: {ended}.
        </p>
      )}
      {jitterUnknown !== undefined && <p className="faint">Each may come up to {jitterUnknown} later.</p>}
    </>
  );
}

const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short', timeZone: 'UTC' });

/** The local day and time of the tick, with what daylight saving does to it. */
function FireLine({ fire, isFirst }: { readonly fire: Fire; readonly isFirst: boolean }) {
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
        {isFirst && <Distance to={fire.fireAt} onlyAhead />}
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
