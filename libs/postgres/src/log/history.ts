import { type CommandId, eventFromJson, type RecordedEvent } from '#timer';

export interface EventRow {
  readonly version: number;
  readonly command_id: CommandId | null;
  readonly data: string;
  readonly meta: string | null;
}

/** A row of the log as a fact to fold. */
export function recordedEvent({ version, command_id: commandId, data, meta }: EventRow): RecordedEvent {
  const traceparent = traceparentOf(meta);
  const event = eventFromJson(data);
  return { version, commandId, event, ...(traceparent !== null && { meta: { traceparent } }) };
}

/** Most events carry none, and a parse for each would cost more than the rest of the row. */
export const traceparentOf = (meta: string | null): string | null =>
  meta?.includes('"traceparent"')
    ? ((JSON.parse(meta) as { traceparent?: string }).traceparent ?? null)
    : null;
