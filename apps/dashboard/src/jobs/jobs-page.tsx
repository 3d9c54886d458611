import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  type ClusterJob,
  type HeldLock,
  jobOf,
  jobTag,
  lockOf,
  mutexKeyPrefix,
  onceTag,
} from '#cluster/model';
import { ask, messageOf } from '../api/http.ts';
import { useWatch } from '../api/live.ts';
import { useRefresh } from '../api/refresh.ts';
import { type Condition, recordOf, type TimerPage } from '../api/types.ts';
import { Card, Moment, Notice, Title } from '../ui/parts.tsx';
import { timerPlace } from '../ui/router.ts';

const shownMax = 500;
const jobs: Condition = { or: [{ tags: [jobTag] }, { tags: [onceTag] }] };
const locks: Condition = { keyPrefix: mutexKeyPrefix };
const watched = `condition=${encodeURIComponent(JSON.stringify({ or: [jobs, locks] }))}`;

/** What replicas share: jobs that one of them runs at a time, and locks that one of them holds. */
export function JobsPage() {
  const readAgain = useRefresh('jobs', 'locks');
  useWatch(watched, { onTold: readAgain, onReady: readAgain });
  return (
    <>
      <Title>Jobs and locks</Title>
      <Jobs />
      <Locks />
    </>
  );
}

const useTimers = (name: string, condition: Condition) =>
  useQuery({
    queryKey: [name],
    queryFn: ({ signal }) =>
      ask<TimerPage>('/v1/timers/query', { method: 'POST', body: { condition, limit: shownMax }, signal }),
  });

const More = ({ next }: { readonly next: string | undefined }) =>
  next === undefined ? null : <p className="faint">and more; these are the first {shownMax}</p>;

function Jobs() {
  const found = useTimers('jobs', jobs);
  const shown = found.data?.timers.flatMap((timer) => jobOf(recordOf(timer)) ?? []) ?? [];
  return (
    <Card title="Jobs" aside={<span className="faint">run by one process of the cluster at a time</span>}>
      {found.isError && <Notice kind="bad">{messageOf(found.error)}</Notice>}
      {found.isSuccess && shown.length === 0 && <p className="calm">No job is known.</p>}
      {shown.length > 0 && (
        <table className="list plain">
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">State</th>
              <th scope="col">Runs</th>
              <th scope="col">Last run began</th>
              <th scope="col">Next</th>
              <th scope="col" className="number">
                Times
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((job) => (
              <JobRow key={job.timerId} job={job} />
            ))}
          </tbody>
        </table>
      )}
      <More next={found.data?.next} />
    </Card>
  );
}

function JobRow({ job }: { readonly job: ClusterJob }) {
  const { timerId, key, namespace, kind, policy, runner, runningSince, attempt, lastRun, nextRun } = job;
  return (
    <tr>
      <th scope="row">
        <a href={timerPlace(timerId)}>{key}</a> <span className="faint">{namespace}</span>
      </th>
      <td data-label="State">
        {runningSince === undefined ? (
          <span className={`status status-${job.status}`}>{job.status}</span>
        ) : (
          <>
            <span className="status status-open">running</span> {runner}{' '}
            <span className="faint">
              since <Moment at={runningSince} distance />
              {attempt !== undefined && attempt > 1 && `, attempt ${attempt}`}
            </span>
          </>
        )}
        {job.lastError !== undefined && <div className="faint">{job.lastError}</div>}
      </td>
      <td data-label="Runs">{kind === 'once' ? 'once' : policy}</td>
      <td data-label="Last run">{lastRun === undefined ? 'never' : <Moment at={lastRun} distance />}</td>
      <td data-label="Next">
        {nextRun === undefined ? <span className="faint">–</span> : <Moment at={nextRun} distance />}
      </td>
      <td data-label="Times" className="number">
        {job.runs}
      </td>
    </tr>
  );
}

function Locks() {
  const [isAll, setAll] = useState(false);
  const found = useTimers('locks', locks);
  const known = found.data?.timers.flatMap((timer) => lockOf(recordOf(timer), Date.now()) ?? []) ?? [];
  const shown = isAll ? known : known.filter(({ isHeld }) => isHeld);
  return (
    <Card
      title="Locks"
      aside={
        <label className="beside">
          <input type="checkbox" checked={isAll} onChange={(e) => setAll(e.target.checked)} />
          those that ran out, too
        </label>
      }
    >
      {found.isError && <Notice kind="bad">{messageOf(found.error)}</Notice>}
      {found.isSuccess && shown.length === 0 && <p className="calm">No lock is held.</p>}
      {shown.length > 0 && (
        <table className="list plain">
          <thead>
            <tr>
              <th scope="col">Lock</th>
              <th scope="col">Holder</th>
              <th scope="col" className="number">
                Fencing token
              </th>
              <th scope="col">Since</th>
              <th scope="col">Lease until</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((lock) => (
              <LockRow key={lock.timerId} lock={lock} />
            ))}
          </tbody>
        </table>
      )}
      <p className="faint">
        Who waits for a lock stands in line in a process of its own; nothing is stored of it.
      </p>
      <More next={found.data?.next} />
    </Card>
  );
}

function LockRow({ lock }: { readonly lock: HeldLock }) {
  const { timerId, key, namespace, holder, token, since, until, isHeld } = lock;
  return (
    <tr>
      <th scope="row">
        <a href={timerPlace(timerId)}>{key.slice(mutexKeyPrefix.length)}</a>{' '}
        <span className="faint">{namespace}</span>
      </th>
      <td data-label="Holder">{holder}</td>
      <td data-label="Token" className="number">
        {token}
      </td>
      <td data-label="Since">
        <Moment at={since} distance />
      </td>
      <td data-label="Until">
        {isHeld ? <Moment at={until} distance /> : <span className="status status-faulted">ran out</span>}
      </td>
    </tr>
  );
}
