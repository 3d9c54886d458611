import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ask } from '../api/http.ts';
import { useWatch } from '../api/live.ts';
import type { Condition, Count } from '../api/types.ts';
import { countLabel, durationLabel } from '../ui/format.ts';
import { Card, Title } from '../ui/parts.tsx';
import { FiresChart, LatenessChart } from './charts.tsx';
import { InstallationCards } from './installation.tsx';
import { Meter } from './meter.ts';
import { NeedsSomebody } from './needs-somebody.tsx';

const drawMs = 1_000;
const askMs = 5_000;

export function NowPage() {
  const meter = useRef<Meter>(null);
  meter.current ??= new Meter(Date.now());
  const now = useNow();
  const { current } = meter;
  useWatch('', { onTold: (told) => current.tell(told, Date.now()) });
  const columns = current.columns(now);
  const typical = current.latenessWithin(0.5);
  const worst = current.latenessWithin(0.99);
  return (
    <>
      <Title>Now</Title>
      <NeedsSomebody />
      <div className="tiles">
        <Tile name="fires a second" value={current.firesPerSecond(now).toFixed(1)} />
        <Tile name="late, half of them at most" value={typical === null ? '–' : durationLabel(typical)} />
        <Tile name="late, 99 % at most" value={worst === null ? '–' : durationLabel(worst)} />
        <Counted name="open events" condition={{ status: ['open'] }} to="#/timers?status=open" />
        <Tile name="retries in 5 min" value={current.total('retries', now)} />
        <Tile name="given up in 5 min" value={current.total('givenUp', now)} />
        <Counted name="dead letters" condition={{ givenUp: true }} to="#/dead" />
        <Counted name="timers" condition={{}} to="#/timers" />
      </div>
      <Card title="Fires" aside={<span className="faint">last five minutes, since this page is open</span>}>
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

const Tile = ({ name, value }: { readonly name: string; readonly value: ReactNode }) => (
  <div className="tile">
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
