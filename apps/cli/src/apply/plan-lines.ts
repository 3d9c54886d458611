import { paint } from '../output/out.js';
import { harmless } from '../output/table.js';
import type { Fixed, Plan, Step } from './plan.js';

/** The plan as a diff for people. */
export const planLines = ({ steps, same, conflicts, fixed }: Plan): string[] => [
  ...steps.flatMap(stepLines),
  ...conflicts.map(({ namespace, key, owner }) =>
    paint('red', harmless(`! ${namespace}/${key} belongs to the file of ${owner}: nothing is applied`)),
  ),
  ...fixed.map((one) => paint('red', `! ${fixedLine(one)}`)),
  `${countOf(steps, 'create')} to create, ${countOf(steps, 'update')} to update, ${countOf(steps, 'delete')} to delete, ${same} as they should be`,
];

function fixedLine({ namespace, key, fields, isEncoded }: Fixed): string {
  const advice = isEncoded
    ? 'its data may be sealed, so have in the file what is there (carillon export shows it), or leave it to the client that made it'
    : 'delete it (carillon timers delete) and apply again, or have in the file what is there';
  return `${harmless(`${namespace}/${key}`)} is fixed in ${fields.join(', ')}: ${advice}`;
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
