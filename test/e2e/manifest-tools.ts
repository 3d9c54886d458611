import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GoTool } from '../harness/go-tool.js';

export const kubectlValidate = new GoTool('sigs.k8s.io/kubectl-validate', 'v0.0.4');
const kustomize = new GoTool('sigs.k8s.io/kustomize/kustomize/v5', 'v5.4.3');

/** The one in kubectl where there is one: it is the same code, and spares building it. */
export const kustomizeCommand = async (): Promise<{ file: string; verb: string }> =>
  promisify(execFile)('kubectl', ['kustomize', '--help']).then(
    () => ({ file: 'kubectl', verb: 'kustomize' }),
    async () => ({ file: await kustomize.get(), verb: 'build' }),
  );
