// What an expression looks like under each type of schedule.

const hints: Readonly<Record<string, string>> = {
  CRON: '0 9 * * MON-FRI: weekdays at nine; six fields begin with seconds',
  INTERVAL: '15m, 30s, 1h30m',
  ONCE: '2027-03-01T09:00:00Z, or 30s from now',
  AFTER_FINISH: '15m: so long after each close',
  ROUNDED: '15m: at :00, :15, :30 and :45 of UTC',
  ON_CLOSE: 'leave it empty: each close names the next time',
};
export const expressionHint = (schedPolicyType: string): string => hints[schedPolicyType] ?? '';

const duration = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;
const cronFields = /^\S+(\s+\S+){4,5}$/;

/** Which type of schedule was probably meant; null: nothing speaks against this one. */
export function expressionAdvice(schedPolicyType: string, schedPolicyExpr: string): string | null {
  const expr = schedPolicyExpr.trim();
  if (schedPolicyType === 'CRON' && duration.test(expr)) return `for every ${expr} choose interval`;
  if (schedPolicyType !== 'CRON' && cronFields.test(expr)) return 'for times of the clock choose cron';
  return null;
}
