import type { CommandWire } from '../commands.js';
import type { DataCipher } from './data-cipher.js';

// Payloads before they leave and when they come back. Sealed bytes travel as any bytes do: base64, and `…Encoding` says so.

type Fields = Readonly<Record<string, unknown>>;

/** How a payload was written before it was sealed; lone surrogates have no UTF-8. */
const forms = { utf8: 0, base64: 1, utf16le: 2 } as const;
const formNames = Object.entries(forms) as [keyof typeof forms, number][];

const payloads = ['data', 'summaryData', 'eventData'] as const;

/** A command with its payloads sealed: `data`, `summaryData` and `eventData`, wherever they stand; nothing else is hidden. */
export async function sealCommand(command: CommandWire, cipher: DataCipher): Promise<CommandWire> {
  const sealed = await sealFields(command, cipher);
  for (const part of ['timer', 'set'] as const) {
    const inner = sealed[part];
    if (isFields(inner)) sealed[part] = await sealTimer(inner, cipher);
  }
  return sealed as unknown as CommandWire;
}

async function sealTimer(timer: Fields, cipher: DataCipher): Promise<Fields> {
  const sealed = await sealFields(timer, cipher);
  if (isFields(sealed.spawn)) sealed.spawn = await sealFields(sealed.spawn, cipher);
  return sealed;
}

/** What came from a timer, with those payloads opened that this cipher sealed; the others stay as they are. @throws as the cipher does */
export async function openFields<T extends object>(record: T, cipher: DataCipher): Promise<T> {
  const opened = { ...record } as Record<string, unknown>;
  for (const name of payloads) {
    const text = opened[name];
    if (typeof text !== 'string' || opened[`${name}Encoding`] !== 'base64') continue;
    const plain = await cipher.open(Buffer.from(text, 'base64'));
    if (plain === null) continue;
    const form = formNames.find(([, number]) => number === plain[0])?.[0] ?? 'base64';
    opened[name] = Buffer.from(plain.subarray(1)).toString(form);
    if (form !== 'base64') delete opened[`${name}Encoding`];
  }
  if (isFields(opened.timer)) opened.timer = await openFields(opened.timer, cipher);
  if (isFields(opened.spawn)) opened.spawn = await openFields(opened.spawn, cipher);
  return opened as T;
}

async function sealFields(fields: object, cipher: DataCipher): Promise<Record<string, unknown>> {
  const sealed: Record<string, unknown> = { ...fields };
  for (const name of payloads) {
    const text = sealed[name];
    if (typeof text !== 'string') continue;
    sealed[name] = Buffer.from(await cipher.seal(plainOf(text, sealed[`${name}Encoding`]))).toString(
      'base64',
    );
    sealed[`${name}Encoding`] = 'base64';
  }
  return sealed;
}

function plainOf(text: string, encoding: unknown): Buffer {
  const form = encoding === 'base64' ? 'base64' : text.isWellFormed() ? 'utf8' : 'utf16le';
  return Buffer.concat([Buffer.from([forms[form]]), Buffer.from(text, form)]);
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
