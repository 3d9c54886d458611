import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

// A real Chromium from npm alone: the package brings the shared libraries too, and unpacks them where it is told that
// the system has none of its own.

export async function openBrowser(): Promise<Browser> {
  process.env.AWS_EXECUTION_ENV ??= 'AWS_Lambda_nodejs22.x';
  const home = mkdtempSync(join(tmpdir(), 'chromium-'));
  const executablePath = await unpackedIn(home);
  const browser = await chromium.launch({
    executablePath,
    // root has no sandbox; what it shows is our own page
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu'],
    headless: true,
  });
  browser.once('disconnected', () => rmSync(home, { recursive: true, force: true }));
  return browser;
}

/**
 * The package unpacks into the folder for temporary files, and takes what is there for whole: also what another run writes
 * just now, or was killed at. So each has a folder of its own.
 */
async function unpackedIn(home: string): Promise<string> {
  const former = process.env.TMPDIR;
  process.env.TMPDIR = home;
  try {
    const { default: bundled } = await import('@sparticuz/chromium');
    return await bundled.executablePath();
  } finally {
    if (former === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = former;
  }
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** Every rule of axe-core holds for the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  // evaluated by the debugger, so that the page's own policy may stay as strict as it is
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate<AxeResult>('window.axe.run()');
  expect(
    violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    })),
  ).toEqual([]);
}
