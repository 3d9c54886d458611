import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { kubectlValidate, kustomizeCommand } from './manifest-tools.js';

// The manifests as kustomize builds them, against Kubernetes' own schemas, offline. The operators' resources (Strimzi, CloudNativePG) have
// no schema in a registry that we use: those are held to their form as text only.

const run = promisify(execFile);
const overlays = ['one-node', 'production', 'production-two-databases'] as const;
const operators = ['kafka.strimzi.io', 'postgresql.cnpg.io'];

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A part of the Kafka resource: its pods' containers by the operator's names. */
interface Component {
  readonly template?: Readonly<Record<string, { readonly securityContext?: object }>>;
}

describe('the manifests', () => {
  mkdirSync('.carillon', { recursive: true });
  const dir = mkdtempSync(join(process.cwd(), '.carillon', 'manifests-'));
  const built = new Map<string, readonly Manifest[]>();
  let validate: string;
  beforeAll(async () => {
    const kustomize = await kustomizeCommand();
    validate = await kubectlValidate.get();
    for (const overlay of overlays) {
      const { stdout } = await run(kustomize.file, [kustomize.verb, `k8s/overlays/${overlay}`]);
      built.set(
        overlay,
        parseAllDocuments(stdout).map((document) => document.toJS() as Manifest),
      );
    }
    built.set('oidc', await withComponent(kustomize));
  }, 1_200_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** As an overlay of a user's own takes it. */
  async function withComponent({ file, verb }: Awaited<ReturnType<typeof kustomizeCommand>>) {
    const overlay = join(dir, 'oidc-overlay');
    mkdirSync(overlay);
    const base = '../../../k8s';
    const kustomization = {
      namespace: 'carillon',
      resources: [`${base}/overlays/production`],
      components: [`${base}/components/oidc`],
    };
    writeFileSync(join(overlay, 'kustomization.yaml'), JSON.stringify(kustomization));
    const { stdout } = await run(file, [verb, overlay]);
    return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
  }

  /** One file a manifest; answers what the validator says. */
  async function check(manifests: readonly object[], name: string): Promise<string> {
    const folder = join(dir, name);
    mkdirSync(folder, { recursive: true });
    manifests.forEach((manifest, i) => {
      writeFileSync(join(folder, `${i}.json`), JSON.stringify(manifest));
    });
    const { stdout, stderr } = await run(validate, [folder, '--version', '1.30']).catch(
      (failed: { stdout: string; stderr: string }) => failed,
    );
    return stripVTControlCharacters(stdout + stderr);
  }
  const isOperators = ({ apiVersion }: Manifest) => operators.some((group) => apiVersion.startsWith(group));
  const of = (overlay: string) => built.get(overlay) ?? [];

  it.each(overlays)('of %s fit the schemas of Kubernetes', async (overlay) => {
    const own = of(overlay).filter((manifest) => !isOperators(manifest));
    expect(own.length).toBeGreaterThan(8);
    const said = await check(own, overlay);
    expect(said.match(/OK$/gm)).toHaveLength(own.length);
    expect(said).not.toMatch(/ERROR/);
  });

  it('would be refused with a field that does not exist', async () => {
    const [deployment] = of('production').filter(({ kind }) => kind === 'Deployment');
    const wrong = { ...deployment, spec: { ...deployment?.spec, replicass: 3 } };
    expect(await check([wrong], 'wrong')).toMatch(/replicass/);
  });

  it.each(overlays)('of %s bring Kafka and Postgres by their operators, by name', (overlay) => {
    const kinds = of(overlay)
      .filter(isOperators)
      .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(kinds.toSorted()).toEqual([
      'Cluster/carillon',
      ...(overlay === 'production-two-databases' ? ['Cluster/carillon-2'] : []),
      'Kafka/carillon',
      'KafkaNodePool/dual',
      'KafkaUser/carillon',
    ]);
  });

  it('name two databases in one order to each process, by the logins that their operator makes', () => {
    const processes = of('production-two-databases').filter(({ kind }) =>
      ['Deployment', 'Job'].includes(kind),
    );
    expect(processes.map(({ metadata }) => metadata.name).toSorted()).toEqual([
      'api',
      'fire',
      'migrate',
      'scheduler',
    ]);
    const login = (name: string) => ({ valueFrom: { secretKeyRef: { name, key: 'uri' } } });
    for (const { metadata, spec } of processes) {
      const template = spec?.template as
        | {
            readonly spec: {
              readonly containers: readonly { readonly env: readonly { readonly name: string }[] }[];
            };
          }
        | undefined;
      const env = template?.spec.containers[0]?.env ?? [];
      const named = env.filter(({ name }) => name.startsWith('DATABASE'));
      // a variable may be made of those before it
      expect(named, metadata.name).toEqual([
        { name: 'DATABASE_1_URL', ...login('carillon-app') },
        { name: 'DATABASE_2_URL', ...login('carillon-2-app') },
        { name: 'DATABASE_URLS', value: '$(DATABASE_1_URL),$(DATABASE_2_URL)' },
      ]);
    }
  });

  it('let the api, and nobody else, out to an issuer where the component for it is taken', async () => {
    const outward = (overlay: string) =>
      of(overlay).filter(
        ({ kind, spec }) => kind === 'NetworkPolicy' && JSON.stringify(spec).includes('443'),
      );
    expect(outward('production')).toEqual([]);
    const [policy, ...others] = outward('oidc');
    expect(others).toEqual([]);
    const labels = { 'app.kubernetes.io/name': 'api' };
    expect(policy).toMatchObject({
      metadata: { name: 'api-to-issuer', namespace: 'carillon' },
      spec: { podSelector: { matchLabels: labels } },
    });
    const api = of('oidc').find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'api');
    expect(api).toMatchObject({ spec: { template: { metadata: { labels } } } });
    expect(await check(policy === undefined ? [] : [policy], 'issuer')).toMatch(/OK$/m);
  });

  it('scale by what their processes tell, and no further than the connections of Postgres reach', () => {
    const named = (kind: string, name: string) =>
      of('production').find((manifest) => manifest.kind === kind && manifest.metadata.name === name)?.spec ??
      {};
    const metricsOf = (name: string) => named('HorizontalPodAutoscaler', name).metrics;
    // the label of kafka_exporter; a fire service commits no offset, so it has no lag
    const selector = { matchLabels: { consumergroup: 'carillon-scheduler' } };
    expect(metricsOf('scheduler')).toMatchObject([
      { external: { metric: { name: 'kafka_consumergroup_lag', selector } } },
    ]);
    expect(metricsOf('fire')).toMatchObject([{ type: 'Resource', resource: { name: 'cpu' } }]);
    const most = (name: string) =>
      Number(named('HorizontalPodAutoscaler', name).maxReplicas ?? named('Deployment', name).replicas);
    // one more of each while a release rolls out; the connections of docs/operations.md
    const connections = (most('scheduler') + 1) * 18 + (most('fire') + 1) * 6 + (most('api') + 1) * 12;
    const postgres = named('Cluster', 'carillon').postgresql as { parameters: Record<string, string> };
    expect(Number(postgres.parameters.max_connections)).toBeGreaterThan(connections + 50);
  });

  it.each(overlays)('of %s make Kafka of containers that their namespace takes', (overlay) => {
    const first = (kind: string) => of(overlay).find((manifest) => manifest.kind === kind);
    expect(first('Namespace')?.metadata).toMatchObject({
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
    const { kafka, entityOperator, kafkaExporter } = (first('Kafka')?.spec ?? {}) as Partial<
      Record<string, Component>
    >;
    const containers = [
      kafka?.template?.kafkaContainer,
      // each operator that is asked for is a container of its own
      ...['userOperator', 'topicOperator']
        .filter((name) => entityOperator !== undefined && name in entityOperator)
        .map((name) => entityOperator?.template?.[`${name}Container`]),
      ...(kafkaExporter === undefined ? [] : [kafkaExporter.template?.container]),
    ];
    expect(containers.length).toBe(overlay === 'one-node' ? 2 : 3);
    // what Kubernetes asks of a container where its pod says nothing
    for (const container of containers)
      expect(container?.securityContext).toEqual({
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      });
  });

  it('run no process as root, writable, or without a bound of memory', () => {
    for (const { kind, metadata, spec } of of('production')) {
      if (!['Deployment', 'Job'].includes(kind)) continue;
      const text = JSON.stringify(spec);
      for (const held of [
        '"runAsNonRoot":true',
        '"readOnlyRootFilesystem":true',
        '"drop":["ALL"]',
        '"limits":{"memory"',
      ])
        expect(text, `${kind}/${metadata.name}`).toContain(held);
    }
  });
});
