// The AsyncAPI document of the present contract, to standard output. The API serves the same one.
import { asyncApiDocument } from '../dist/libs/contract/src/index.js';

process.stdout.write(`${JSON.stringify(asyncApiDocument(), null, 2)}\n`);
