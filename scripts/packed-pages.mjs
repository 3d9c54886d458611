// The pages that go with the package, from those of docs/: links between them are turned, all others would lead nowhere there
// and leave their text behind.
import { dirname, join } from 'node:path/posix';

/** Where each page of the repository lies in the package. */
export const packedPages = new Map([
  ['docs/guide/client.md', 'README.md'],
  ['docs/guide/outbox.md', 'docs/outbox.md'],
  ['docs/protocol.md', 'docs/protocol.md'],
]);

const isElsewhere = (target) => /^([a-z]+:|#)/i.test(target);

/** The text of a page as it is packed. @param page its path in the repository */
export const packedText = (page, text) =>
  text.replace(/\[([^\]\n]*)\]\(([^)\s#]*)(#[^)\s]*)?\)/g, (link, label, path, anchor = '') => {
    if (path === '' || isElsewhere(path)) return link;
    const target = packedPages.get(join(dirname(page), path));
    if (target === undefined) return label;
    return `[${label}](${relativeTo(packedPages.get(page), target)}${anchor})`;
  });

/** Only the readme lies beside the folder of the others. */
function relativeTo(from, target) {
  const up = from
    .split('/')
    .slice(1)
    .map(() => '..');
  return dirname(from) === dirname(target) ? target.slice(target.lastIndexOf('/') + 1) : join(...up, target);
}
