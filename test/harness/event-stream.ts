import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';

export interface StreamMessage {
  readonly event: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it likes
  readonly data: any;
}

/** Reads server-sent events as a browser does, and can be slow about it. */
export class EventStream {
  readonly messages: StreamMessage[] = [];
  /** The last id, with those that came without a message. */
  lastEventId = '';
  retryMs: number | null = null;
  isClosed = false;
  #text = '';

  private constructor(
    private readonly outgoing: ClientRequest,
    readonly response: IncomingMessage,
  ) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    response.once('close', () => {
      this.isClosed = true;
    });
    // a server that is killed ends it in mid-message
    response.on('error', () => undefined);
  }

  static async open(url: string, lastEventId?: string): Promise<EventStream> {
    const outgoing = request(url, {
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
      agent: false,
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    outgoing.on('error', () => undefined);
    return new EventStream(outgoing, response);
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** Without the notices. */
  get facts(): StreamMessage[] {
    return this.messages.filter(({ event }) => ['create', 'update', 'delete', 'event'].includes(event));
  }

  has(event: string): boolean {
    return this.messages.some((message) => message.event === event);
  }

  close(): void {
    this.outgoing.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) this.#dispatch(block);
  }

  #dispatch(block: string): void {
    const fields = new Map(
      block
        .split('\n')
        .filter((line) => !line.startsWith(':'))
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    this.lastEventId = fields.get('id') ?? this.lastEventId;
    const retry = fields.get('retry');
    if (retry !== undefined) this.retryMs = Number(retry);
    const data = fields.get('data');
    if (data === undefined) return;
    this.messages.push({ event: fields.get('event') ?? '', id: this.lastEventId, data: JSON.parse(data) });
  }
}
