import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const rules = (
  parse(readFileSync('ops/prometheus/alerts.yaml', 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(readFileSync('ops/grafana/carillon.json', 'utf8')) as Dashboard;
const expressions = [
  ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: title, expr }))),
];
const documented = new Set(
  readFileSync('docs/operations.md', 'utf8')
    .match(/`carillon_[a-z_]+`/g)
    ?.map((name) => name.slice(1, -1)),
);

/** A histogram's series are its name with an ending. */
const metricOf = (series: string): string => series.replace(/_(bucket|sum|count)$/, '');

function isPromQl(expr: string): boolean {
  let isWhole = true;
  parser.parse(expr).iterate({
    enter: ({ type }) => {
      if (type.isError) isWhole = false;
    },
  });
  return isWhole;
}

describe('alerts and dashboard', () => {
  it.each(expressions)('of "$where" are PromQL over metrics of the operations page', ({ expr }) => {
    expect(isPromQl(expr)).toBe(true);
    const metrics = (expr.match(/carillon_[a-z_]+/g) ?? []).map(metricOf);
    expect(metrics.filter((metric) => !documented.has(metric))).toEqual([]);
  });
  it('would find an expression that is none', () => {
    expect(isPromQl('sum(rate(carillon_commands_total[5m])')).toBe(false);
  });
  it('have a runbook each, and no runbook is left over', () => {
    for (const { annotations } of rules)
      expect(existsSync(annotations.runbook), annotations.runbook).toBe(true);
    expect(readdirSync('docs/runbooks').toSorted()).toEqual(
      rules.map(({ alert }) => `${alert}.md`).toSorted(),
    );
  });
});
