import type { Reporter, TestModule } from 'vitest/node';

/** The last line of a run, for people and machines alike: `N passed, N failed`. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let [passed, failed, skipped] = [0, errors.length, 0];
    for (const module of modules) {
      failed += module.errors().length;
      // a hook that failed: no test says so
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else skipped += 1;
      }
    }
    const skippedText = skipped > 0 ? `, ${skipped} skipped` : '';
    // after every other reporter has had its say
    process.on('exit', () => {
      // the embedded Postgres ends the process with 0 once nothing is left to do, whatever the run came to
      if (failed > 0) process.exitCode = 1;
      process.stdout.write(`\n${passed} passed, ${failed} failed${skippedText}\n`);
    });
  }
}
