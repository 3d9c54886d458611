import type { CommandId, Rejection } from '#timer';

export interface RejectedCommand {
  readonly commandId: CommandId | null;
  readonly rejection: Rejection;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: bigint };
}

/** Key and value go as they came; the reason lies in these headers. */
export function rejectionHeaders({ commandId, rejection, source }: RejectedCommand): Record<string, string> {
  return {
    code: rejection.code,
    message: rejection.message,
    ...(rejection.field !== undefined && { field: rejection.field }),
    ...(commandId !== null && { commandId }),
    sourceTopic: source.topic,
    sourcePartition: String(source.partition),
    sourceOffset: source.offset.toString(),
  };
}
