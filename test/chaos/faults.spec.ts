import { describe, expect, it } from 'vitest';
import { Random } from '#testing';
import { scheduleOf, textOf } from './faults.js';

describe('the schedule of faults', () => {
  it('comes out of the seed', () => {
    const of = (seed: number) => scheduleOf(new Random(seed)).map(textOf);
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
  });

  it('has every kind of fault in each round', () => {
    const round = scheduleOf(new Random(1), 1).map(({ fault }) => fault);
    const kinds = new Set(round.map(({ kind }) => kind.replace(/server-(kill|stop)/, 'server')));
    expect([...kinds].sort()).toEqual(['cut', 'disk-full', 'freeze', 'kill', 'server', 'stop']);
    const servers = round.flatMap((fault) =>
      'server' in fault ? [`${fault.server} ${fault.kind.slice(0, 6)}`] : [],
    );
    expect(servers.sort()).toEqual(['kafka cut', 'kafka server', 'postgres cut', 'postgres server']);
  });
});
