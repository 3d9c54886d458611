/** One server-sent event. */
export interface StreamMessage {
  readonly event: string;
  readonly data: string;
  /** The last id that the stream named so far; empty: none. */
  readonly id: string;
}

/** Longest message that is held, characters; a longer one is no message of ours. */
const messageLengthMax = 16 * 1024 * 1024;

/** Reads `text/event-stream` as it comes in pieces of any size. */
export class EventStreamParser {
  #line = '';
  #data: string[] = [];
  #event = '';
  #id = '';
  #lastId = '';
  #skipsNewline = false;
  #isFirst = true;

  /** Of what is complete so far, also of an event that had an id and nothing to say; empty: none. */
  get lastId(): string {
    return this.#lastId;
  }

  /** What is complete after this piece. @throws RangeError for a message without an end */
  push(piece: string): StreamMessage[] {
    let text = piece;
    if (this.#isFirst && text.length > 0) {
      this.#isFirst = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    // a carriage return ended the piece before: the newline that belongs to it is no empty line
    if (this.#skipsNewline && text.length > 0) {
      this.#skipsNewline = false;
      if (text.startsWith('\n')) text = text.slice(1);
    }
    this.#skipsNewline = text.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    const last = lines.pop() ?? '';
    const messages: StreamMessage[] = [];
    for (const line of lines) {
      const message = this.#end(this.#line + line);
      this.#line = '';
      if (message !== null) messages.push(message);
    }
    this.#line += last;
    if (this.#line.length > messageLengthMax) throw new RangeError('a message of the stream has no end');
    return messages;
  }

  #end(line: string): StreamMessage | null {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    // a line that begins with a colon only says that the other side is there
    if (colon === 0) return null;
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#event = value;
    else if (name === 'id' && !value.includes('\u0000')) this.#id = value;
    return null;
  }

  #dispatch(): StreamMessage | null {
    const [data, event] = [this.#data, this.#event];
    this.#data = [];
    this.#event = '';
    this.#lastId = this.#id;
    if (data.length === 0) return null;
    return { event: event === '' ? 'message' : event, data: data.join('\n'), id: this.#id };
  }
}

export interface StreamObserver {
  /** Something came. */
  onPiece(): void;
  /** Everything up to this id has been handed out. */
  onId(lastId: string): void;
}

/** Messages of a response's body; ends with the body. */
export async function* streamMessages(
  body: ReadableStream<Uint8Array>,
  { onPiece, onId }: StreamObserver,
): AsyncGenerator<StreamMessage> {
  const [parser, decoder] = [new EventStreamParser(), new TextDecoder('utf-8', { ignoreBOM: true })];
  for await (const piece of body) {
    onPiece();
    yield* parser.push(decoder.decode(piece, { stream: true }));
    if (parser.lastId !== '') onId(parser.lastId);
  }
}
