import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './wait.js';

const run = promisify(execFile);
/** Where the documents say that the API is. */
const documentedUrl = 'http://127.0.0.1:18080';

/** The commands of a document's shell blocks, those that go on over several lines as one. */
export function shellCommands(file: string, only = ''): string[] {
  const blocks = [...readFileSync(file, 'utf8').matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
  return blocks
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .filter((line) => line !== '' && line.startsWith(only) && !line.startsWith('API='));
}

/** Runs commands of the documents as they stand, with the `curl` of the machine, against an API elsewhere. */
export class CurlShell {
  /** What each command printed that came to an end. */
  readonly answers: string[] = [];
  /** What those print that go on until they are ended. */
  streamed = '';
  readonly #streams: ChildProcess[] = [];
  readonly #home = mkdtempSync(join(tmpdir(), 'curl-'));

  private constructor(private readonly variables: Record<string, string>) {
    // a refused request is a failed command, and nothing but answers is printed
    writeFileSync(join(this.#home, '.curlrc'), 'fail-with-body\nsilent\nshow-error\n');
  }

  /** @throws where there is no curl */
  static async open(variables: Readonly<Record<string, string>>): Promise<CurlShell> {
    await run('curl', ['--version']).catch((error: unknown) => {
      throw new Error(
        'there is no curl on this machine: install it (apt-get install curl), the documents say that nothing else is needed',
        { cause: error },
      );
    });
    return new CurlShell({ ...variables });
  }

  /** @throws with what curl said, if it failed */
  async run(documented: string): Promise<void> {
    const command = documented.replaceAll(documentedUrl, this.variables.API ?? documentedUrl);
    const [, variable] = /^([A-Z]+)=\$\(/.exec(command) ?? [];
    if (command.startsWith('curl -N')) await this.#stream(command);
    else if (variable === undefined) this.answers.push(await this.#bash(command));
    // what a person would look at again until it is there
    else
      this.variables[variable] = await eventually(command, async () => {
        const value = (await this.#bash(`${command}; echo $${variable}`)).trim();
        return /^[0-9a-f-]{36}$/.test(value) ? value : null;
      });
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#streams.map(
        (stream) =>
          new Promise((resolve) => {
            stream.once('exit', resolve);
            stream.kill();
          }),
      ),
    );
    rmSync(this.#home, { recursive: true, force: true });
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.variables, CURL_HOME: this.#home, HOME: this.#home };
  }

  async #bash(command: string): Promise<string> {
    const { stdout } = await run('bash', ['-c', command], { env: this.#env }).catch(
      ({ stdout: out, stderr }: { readonly stdout: string; readonly stderr: string }) => {
        throw new Error(`${command}\n${out}${stderr}`);
      },
    );
    return stdout;
  }

  async #stream(command: string): Promise<void> {
    const stream = spawn('bash', ['-c', `exec ${command}`], { env: this.#env });
    this.#streams.push(stream);
    let said = '';
    stream.stdout.on('data', (part: Buffer) => {
      said += part;
      this.streamed += part;
    });
    stream.stderr.on('data', (part: Buffer) => {
      said += part;
    });
    await eventually(`${command} has begun`, () => {
      if (stream.exitCode !== null) throw new Error(`${command} ended: ${said}`);
      return said.includes('event: ready');
    });
  }
}
