import { relative } from 'node:path';
import type { TestProject } from 'vitest/node';
import { kubectlValidate } from './e2e/manifest-tools.js';
import { type Build, beginBuilds } from './harness/builds.js';
import { programBuilds } from './interop/programs.js';

const buildsOf: Readonly<Record<string, readonly Build[]>> = {
  'test/e2e/manifests.e2e.spec.ts': [kubectlValidate.build],
  'test/interop/other-languages.e2e.spec.ts': programBuilds,
};

/** Begins what specs of this run will need, so that they find it there. */
export function setup(project: TestProject): () => void {
  const specs = project.vitest.state.getPaths().map((path) => relative(process.cwd(), path));
  return beginBuilds(specs.flatMap((spec) => buildsOf[spec] ?? []));
}
