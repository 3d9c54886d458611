import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { ask } from '../api/http.ts';
import { useInstallation } from '../api/installation.ts';
import type { Condition, Count } from '../api/types.ts';
import { countLabel, durationLabel } from '../ui/format.ts';
import { Card, Title } from '../ui/parts.tsx';
import { FiresChart, LatenessChart } from './charts.tsx';
import { useMeter } from './counting.ts';
import { InstallationCards } from './installation.tsx';
import { NeedsSomebody } from './needs-somebody.tsx';

const drawMs = 1_000;
const askMs = 5_000;

export function NowPage() {
  const meter = useMeter();
  const now = useNow();
  const columns = meter.columns(now);
  return (
    <>
      <Title>Now</Title>
      <NeedsSomebody />
      <div className="tiles">
        <Tile name="fires a second" value={meter.firesPerSecond(now).toFixed(1)} />
        <Lateness name="median lateness" of="half" ms={meter.latenessWithin(0.5)} />
        <Lateness name="lateness, 99th percentile" of="99 in 100" ms={meter.latenessWithin(0.99)} />
        <Counted name="open events" condition={{ status: ['open'] }} to="#/timers?status=open" />
        <Lately
          name="retries"
          of="retries"
          seen={meter.total('retries', now)}
          title="Attempts that failed, and those that nobody answered in time"
        />
        <Lately
          name="given up"
          of="givenUp"
          seen={meter.total('givenUp', now)}
          title="Events that became dead letters, redriven ones too"
        />
        <Counted name="dead letters" condition={{ givenUp: true }} to="#/dead" />
        <Counted name="timers" condition={{}} to="#/timers" />
      </div>
      <Card
        title="Fires"
        aside={<span className="faint">last five minutes, counted since this tab was opened</span>}
      >
        <FiresChart columns={columns} />
      </Card>
      <Card title="Lateness" aside={<span className="faint">from the tick to its event</span>}>
        <LatenessChart columns={columns} />
      </Card>
      <InstallationCards />
    </>
  );
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const ticking = window.setInterval(() => setNow(Date.now()), drawMs);
    return () => window.clearInterval(ticking);
  }, []);
  return now;
}

interface LatenessProps {
  readonly name: string;
  readonly of: string;
  readonly ms: number | null;
}
const Lateness = ({ name, of, ms }: LatenessProps) => (
  <Tile
    name={name}
    value={ms === null ? '–' : durationLabel(ms)}
    title={`Of the last thousand fires seen since this tab was opened, ${of} came no later than this after their time`}
  />
);

interface LatelyProps {
  readonly name: string;
  readonly of: 'retries' | 'givenUp';
  /** By this tab, which may have been opened a moment ago. */
  readonly seen: number;
  readonly title: string;
}

/** What the server has counted, or more if this tab has seen more since. */
function Lately({ name, of, seen, title }: LatelyProps) {
  const { data, isPending } = useInstallation();
  if (data === undefined)
    return <Tile name={`${name} since opened`} value={isPending ? '–' : seen} title={title} />;
  const { [of]: counted, isExact } = data.lately;
  const label = countLabel({ count: Math.max(counted, seen), isExact });
  return <Tile name={`${name} in 5 min`} value={label} title={title} />;
}

interface TileProps {
  readonly name: string;
  readonly value: ReactNode;
  readonly title?: string;
}
const Tile = ({ name, value, title }: TileProps) => (
  <div className="tile" title={title}>
    <strong>{value}</strong>
    <span className="faint">{name}</span>
  </div>
);

function Counted({
  name,
  condition,
  to,
}: {
  readonly name: string;
  readonly condition: Condition;
  readonly to: string;
}) {
  const count = useQuery({
    queryKey: ['count', condition, 'now'],
    queryFn: ({ signal }) =>
      ask<Count>('/v1/timers/count', {
        method: 'POST',
        body: { condition },
        signal,
      }),
    refetchInterval: askMs,
  });
  return (
    <Tile
      name={name}
      value={
        <a className="plain-link" href={to}>
          {count.data === undefined ? '–' : countLabel(count.data)}
        </a>
      }
    />
  );
}
