import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between clients and a server on 127.0.0.1, and drops their connections, or keeps what they say, when told to. */
export class TcpProxy {
  readonly #server: Server;
  /** Each socket with the one on the other side. */
  readonly #pairs = new Map<Socket, Socket>();
  #refuses = false;
  #freezes = false;

  constructor(
    readonly port: number,
    private readonly targetPort: number,
  ) {
    this.#server = createServer((client) => this.#join(client));
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', resolve);
    });
  }

  /** Every connection breaks, in the middle of whatever it carries. */
  cut(): void {
    for (const socket of this.#pairs.keys()) socket.resetAndDestroy();
  }

  /** New ones break at once as well, until told otherwise. */
  set refuses(refuses: boolean) {
    this.#refuses = refuses;
    if (refuses) this.cut();
  }

  /** Connections are taken and nothing is passed on, until told otherwise: then all of it is. */
  set freezes(freezes: boolean) {
    this.#freezes = freezes;
    for (const [socket, other] of this.#pairs) {
      if (freezes) socket.unpipe().pause();
      else socket.pipe(other);
    }
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    if (this.#refuses) return void client.resetAndDestroy();
    const server = connect({ host: '127.0.0.1', port: this.targetPort, noDelay: true });
    client.setNoDelay(true);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#pairs.set(socket, other);
      // one side that breaks breaks the other; there is nobody to tell
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#pairs.delete(socket);
        other.destroy();
      });
      if (!this.#freezes) socket.pipe(other);
    }
  }
}
