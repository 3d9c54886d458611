import { messageOf, Problem } from '../api/http.ts';
import { useInstallation } from '../api/installation.ts';
import type { HookClassStand, PartitionStand } from '../api/types.ts';
import { durationLabel } from '../ui/format.ts';
import { Card, Moment, Notice } from '../ui/parts.tsx';
import { useIsPhone } from '../ui/phone.ts';

/** Late by less is what lateness is always like; a takeover takes about a second. */
const lateMsCalm = 1_000;

/** Each hook class with what is open, each partition with its owner: the whole of it, whoever's timers they are. */
export function InstallationCards() {
  const { data, error } = useInstallation();
  // it is for those who may see every namespace; the others have the rest of the page
  if (error instanceof Problem && error.status === 403) return null;
  return (
    <>
      {data?.databasesAway !== undefined && (
        <Notice kind="bad">
          {data.databasesAway === 1 ? 'One database does' : `${data.databasesAway} databases do`} not answer:
          what {data.databasesAway === 1 ? 'it holds' : 'they hold'} is missing below.
        </Notice>
      )}
      <Card
        title="Hook classes"
        aside={<span className="faint">that fire, or have events that are open or given up</span>}
      >
        {error !== null && <Notice kind="bad">{messageOf(error)}</Notice>}
        {data?.hookClasses.length === 0 && (
          <p className="calm">Nothing fires, nothing is open, nothing was given up.</p>
        )}
        {data !== undefined && data.hookClasses.length > 0 && <HookClasses classes={data.hookClasses} />}
        {data?.isExact === false && (
          <p className="faint">There are more; the first ten thousand are counted.</p>
        )}
      </Card>
      <Card
        title="Partitions"
        aside={<span className="faint">who owns them, what is due within a minute</span>}
      >
        {data?.isKafkaReachable === false && (
          <Notice kind="bad">Kafka does not answer: owners and waiting commands are not known.</Notice>
        )}
        {data !== undefined && (
          <FoldedPartitions partitions={data.partitions} isKnown={data.isKafkaReachable} />
        )}
      </Card>
    </>
  );
}

const HookClasses = ({ classes }: { readonly classes: readonly HookClassStand[] }) => (
  <table className="list plain">
    <thead>
      <tr>
        <th scope="col">Hook class</th>
        <th scope="col" className="number">
          Fires a second
        </th>
        <th scope="col" className="number">
          Open
        </th>
        <th scope="col" className="number">
          Retried
        </th>
        <th scope="col">Oldest</th>
        <th scope="col" className="number">
          Given up
        </th>
      </tr>
    </thead>
    <tbody>
      {classes.map(({ hookClass, firesPerSecond, open, retrying, openSince, givenUp }) => (
        <tr key={hookClass}>
          <th scope="row">
            <a href={`#/timers?hookClass=${encodeURIComponent(hookClass)}&status=open`}>
              {hookClass || 'none'}
            </a>
          </th>
          <td data-label="Fires a second" className="number">
            {firesPerSecond.toFixed(1)}
          </td>
          <td data-label="Open" className="number">
            {open}
          </td>
          <td data-label="Retried" className="number">
            {retrying}
          </td>
          <td data-label="Oldest">{openSince === undefined ? '–' : <Moment at={openSince} distance />}</td>
          <td data-label="Given up" className="number">
            {givenUp === 0 ? 0 : <a href="#/dead">{givenUp}</a>}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** A member's id begins with what it is and ends with what tells it from others of its kind. */
const shortName = (member: string): string =>
  member.replace(/^carillon-/, '').replace(/-[0-9a-f-]{23,}([0-9a-f]{4})$/, ' $1');

function Owner({ owner, isKnown }: { readonly owner: PartitionStand['fire']; readonly isKnown: boolean }) {
  if (owner === undefined) return isKnown ? <span className="status status-faulted">nobody</span> : <>–</>;
  return (
    <span title={owner.member}>
      {shortName(owner.member)} <span className="faint">{owner.host}</span>
    </span>
  );
}

interface PartitionsProps {
  readonly partitions: readonly PartitionStand[];
  /** Whether Kafka said who owns them. */
  readonly isKnown: boolean;
}

/** On a phone each of them is a screen's half: folded, unless one of them is in trouble. */
function FoldedPartitions(props: PartitionsProps) {
  const isPhone = useIsPhone();
  if (!isPhone) return <Partitions {...props} />;
  const { partitions, isKnown } = props;
  const unowned = isKnown
    ? partitions.filter((one) => one.fire === undefined || one.scheduler === undefined)
    : [];
  const late = partitions.filter(({ lateMs }) => lateMs > lateMsCalm);
  const trouble = [
    ...(unowned.length > 0 ? [`${unowned.length} without an owner`] : []),
    ...(late.length > 0 ? [`${late.length} late`] : []),
  ];
  return (
    <details open={trouble.length > 0}>
      <summary>
        {partitions.length} partitions{trouble.length > 0 ? `: ${trouble.join(', ')}` : ', none of them late'}
      </summary>
      <Partitions {...props} />
    </details>
  );
}

const Partitions = ({ partitions, isKnown }: PartitionsProps) => (
  <table className="list plain">
    <thead>
      <tr>
        <th scope="col">Partition</th>
        <th scope="col">Fired by</th>
        <th scope="col">Read by</th>
        <th scope="col" className="number">
          Armed
        </th>
        <th scope="col" className="number">
          Late
        </th>
        <th scope="col" className="number">
          Commands waiting
        </th>
        <th scope="col" className="number">
          Events unpublished
        </th>
      </tr>
    </thead>
    <tbody>
      {partitions.map(({ partition, fire, scheduler, lateMs, ...stand }) => (
        <tr key={partition}>
          <th scope="row">{partition}</th>
          <td data-label="Fired by">
            <Owner owner={fire} isKnown={isKnown} />
          </td>
          <td data-label="Read by">
            <Owner owner={scheduler} isKnown={isKnown} />
          </td>
          <td data-label="Armed" className="number">
            {stand.armed}
            {!stand.armedIsExact && '+'}
          </td>
          <td data-label="Late" className="number">
            <span className={lateMs > lateMsCalm ? 'status status-faulted' : undefined}>
              {lateMs === 0 ? '0' : durationLabel(lateMs)}
            </span>
          </td>
          <td data-label="Commands waiting" className="number">
            {stand.commandsWaiting ?? '–'}
          </td>
          <td data-label="Events unpublished" className="number">
            {stand.eventsUnpublished}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
