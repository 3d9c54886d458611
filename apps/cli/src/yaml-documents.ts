import { parseAllDocuments } from 'yaml';
import { messageOf } from '#engine';
import { UsageError } from './errors/exit-codes.js';

/** The documents of a text that somebody has written, YAML or JSON. @throws UsageError if it is neither */
export function yamlDocuments(text: string): unknown[] {
  try {
    return parseAllDocuments(text).map((one) => {
      const [error] = one.errors;
      if (error !== undefined) throw error;
      // throws for an alias of nothing
      return one.toJS() as unknown;
    });
  } catch (error) {
    throw new UsageError(`not YAML: ${messageOf(error)}`);
  }
}
