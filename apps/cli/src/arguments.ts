import { InvalidArgumentError } from 'commander';

/** An action of commander that ends with an exit code. */
export const byExitCode =
  <Args extends readonly unknown[]>(run: (...args: Args) => Promise<number>) =>
  async (...args: [...Args, ...unknown[]]): Promise<void> => {
    process.exitCode = await run(...(args as readonly unknown[] as Args));
  };

/** Kept as text, as all options are; refused where it is no whole number above zero. */
export const count = (text: string): string => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('a whole number above 0 is meant.');
  return text;
};
export const positive = (text: string): string => {
  if (!(Number(text) > 0 && Number.isFinite(Number(text))))
    throw new InvalidArgumentError('a number above 0 is meant.');
  return text;
};
