import { paint } from '../output/out.js';
import { harmless } from '../output/table.js';
import type { Conflict, Plan, Step } from './plan.js';

/** The plan as a diff for people. */
export const planLines = ({ steps, same, conflicts }: Plan): string[] => [
  ...steps.flatMap(stepLines),
  ...conflicts.map((conflict) => paint('red', `! ${conflictLine(conflict)}`)),
  `${countOf(steps, 'create')} to create, ${countOf(steps, 'update')} to update, ${countOf(steps, 'delete')} to delete, ${same} as they should be`,
];

function conflictLine({ namespace, key, ...why }: Conflict): string {
  const name = harmless(`${namespace}/${key}`);
  return 'owner' in why
    ? `${name} belongs to the file of ${harmless(why.owner)}`
    : `${name} is fixed in ${why.fixed.join(', ')}: delete it (carillon timers delete) and apply again, or leave that as it was`;
}

const countOf = (steps: readonly Step[], what: Step['do']): number =>
  steps.filter((step) => step.do === what).length;

function stepLines(step: Step): string[] {
  const name = harmless(`${step.namespace}/${step.key}`);
  if (step.do === 'delete') return [paint('red', `- ${name}`)];
  if (step.do === 'create')
    return [
      paint('green', `+ ${name}`),
      ...Object.entries(step.fields).map(([field, value]) => paint('green', `    ${field}: ${shown(value)}`)),
    ];
  return [
    paint('yellow', `~ ${name}`),
    ...step.changes.map(({ field, from, to }) => `    ${field}: ${shown(from)} → ${shown(to)}`),
  ];
}

const shown = (value: unknown): string => (value === undefined ? 'none' : harmless(JSON.stringify(value)));
