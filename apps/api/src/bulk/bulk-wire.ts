import { type BulkAnswerWire, type BulkRequestWire, conditionWire, momentText } from '#contract';
import type { Bulk, BulkAction, BulkRefusal } from '#engine';

export function actionOf({ action, tags }: Pick<BulkRequestWire, 'action' | 'tags'>): BulkAction {
  if (action !== 'retag') return { type: action };
  return { type: action, add: tags?.add ?? [], remove: tags?.remove ?? [] };
}

export function bulkWire(bulk: Bulk): BulkAnswerWire {
  const { id, action, condition, actor, status, requestedAt, endedAt, matched, applied, refusals } = bulk;
  return {
    id,
    action: action.type,
    ...(action.type === 'retag' && { tags: { add: [...action.add], remove: [...action.remove] } }),
    condition: conditionWire(condition) as Record<string, unknown>,
    ...(actor !== null && { actor }),
    status,
    requestedAt: momentText(requestedAt),
    ...(endedAt !== null && { endedAt: momentText(endedAt) }),
    matched,
    applied,
    refusals: refusalsWire(refusals),
  };
}

export const refusalsWire = (refusals: readonly BulkRefusal[]): BulkAnswerWire['refusals'] =>
  refusals.map(({ code, count, example }) => ({ code, count, example: { ...example } }));
