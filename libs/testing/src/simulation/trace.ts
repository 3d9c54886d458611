/** What happened, in order, as a fingerprint: two runs of one seed must have the same. The lines are kept on request. */
export class Trace {
  readonly lines: string[] = [];
  #high = 0x811c9dc5;
  #low = 0x01000193;

  constructor(private readonly keepsLines: boolean) {}

  note(line: string): void {
    if (this.keepsLines) this.lines.push(line);
    for (let i = 0; i < line.length; i += 1) {
      const code = line.charCodeAt(i);
      this.#high = Math.imul(this.#high ^ code, 0x01000193);
      this.#low = Math.imul(this.#low + code, 0x85ebca6b) ^ (this.#low >>> 13);
    }
  }

  /** Two 32-bit hashes, in hexadecimal. */
  get hash(): string {
    return [this.#high, this.#low].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
