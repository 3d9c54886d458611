import { join } from 'node:path';
import { type Build, built } from './builds.js';

/** Of no use to what runs for seconds: optimised, and known to a debugger. Without them the cores are busy for two thirds of the time. */
const quickly = ['-gcflags=all=-N -l -dwarf=false', '-ldflags=-s -w'];

/** A command-line tool written in Go, built once by the module proxy and kept; minutes the first time. */
export class GoTool {
  readonly #file: string;
  readonly build: Build;

  constructor(module: string, version: string) {
    // as go names it: `…/kustomize/v5` is kustomize
    const name = module.split('/').findLast((part) => !/^v\d+$/.test(part)) ?? module;
    const bin = join(process.cwd(), '.carillon', 'go', `${name}@${version}`);
    this.#file = join(bin, name);
    this.build = {
      name,
      needs: 'Go 1.22 or newer',
      makes: this.#file,
      command: ['go', 'install', ...quickly, `${module}@${version}`],
      env: { GOBIN: bin, CGO_ENABLED: '0' },
    };
  }

  /** Its file, once it is there. */
  async get(): Promise<string> {
    await built(this.build);
    return this.#file;
  }
}
