import type { DataCipher } from './data-cipher.js';

// Payloads before they leave and when they come back. Sealed bytes travel as any bytes do: base64, and `…Encoding` says so.

type Fields = Record<string, unknown>;

/** How a payload was written before it was sealed; lone surrogates have no UTF-8. */
const forms = { utf8: 0, base64: 1, utf16le: 2 } as const;
const formNames = Object.entries(forms) as [keyof typeof forms, number][];

const payloads = ['data', 'summaryData', 'eventData'] as const;
type PayloadName = (typeof payloads)[number];

/**
 * What goes to a timer, a command or a question, with its payloads sealed: `data`, `summaryData` and `eventData`, wherever they stand;
 * nothing else is hidden.
 */
export const sealFields = <T extends object>(message: T, cipher: DataCipher): Promise<T> =>
  withPayloads(message, (fields, name) => seal(fields, name, cipher));

/**
 * What came from a timer, with those payloads opened that this cipher sealed, wherever they stand; the others stay as they are.
 * @throws as the cipher does
 */
export const openFields = <T extends object>(record: T, cipher: DataCipher): Promise<T> =>
  withPayloads(record, (fields, name) => open(fields, name, cipher));

/** A copy in which every payload was changed in its place; what stands in lists is no payload. */
async function withPayloads<T extends object>(
  given: T,
  change: (fields: Fields, name: PayloadName) => Promise<void>,
): Promise<T> {
  const fields = { ...given } as Fields;
  for (const name of payloads) await change(fields, name);
  for (const [name, inner] of Object.entries(fields))
    if (isFields(inner)) fields[name] = await withPayloads(inner, change);
  return fields as T;
}

async function seal(fields: Fields, name: PayloadName, cipher: DataCipher): Promise<void> {
  const text = fields[name];
  if (typeof text !== 'string') return;
  const sealed = await cipher.seal(plainOf(text, fields[`${name}Encoding`]));
  fields[name] = Buffer.from(sealed).toString('base64');
  fields[`${name}Encoding`] = 'base64';
}

async function open(fields: Fields, name: PayloadName, cipher: DataCipher): Promise<void> {
  const text = fields[name];
  if (typeof text !== 'string' || fields[`${name}Encoding`] !== 'base64') return;
  const plain = await cipher.open(Buffer.from(text, 'base64'));
  if (plain === null) return;
  const form = formNames.find(([, number]) => number === plain[0])?.[0] ?? 'base64';
  fields[name] = Buffer.from(plain.subarray(1)).toString(form);
  if (form !== 'base64') delete fields[`${name}Encoding`];
}

function plainOf(text: string, encoding: unknown): Buffer {
  const form = encoding === 'base64' ? 'base64' : text.isWellFormed() ? 'utf8' : 'utf16le';
  return Buffer.concat([Buffer.from([forms[form]]), Buffer.from(text, form)]);
}

/** A moment that somebody gave as a `Date` is written as text: there is nothing in it. */
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
