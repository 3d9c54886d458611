import { context, trace } from '@opentelemetry/api';
import { z } from 'zod';
import { givenVariables } from './config.js';
import type { Logger } from './logger.js';
import type { Service } from './service.js';

/** The standard variables that are read here; the exporter reads its own (`OTEL_EXPORTER_OTLP_HEADERS`, …). */
const standard = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.string().optional(),
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp'),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  OTEL_BSP_SCHEDULE_DELAY: z.coerce.number().int().min(1).default(5_000),
  OTEL_BSP_MAX_QUEUE_SIZE: z.coerce.number().int().min(1).default(2_048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: z.coerce.number().int().min(1).default(512),
});

let isOn = false;
/** Whether this process (or thread) exports traces. Where it does not, nothing should be spent on spans. */
export const isTracing = (): boolean => isOn;

const off: Service = { start: async () => undefined, stop: async () => undefined };

/**
 * Sends this process's traces where the standard variables say, by OTLP over HTTP; without an endpoint nothing is even
 * loaded. What is not sent yet is bounded (`OTEL_BSP_MAX_QUEUE_SIZE`): more is dropped. `stop` sends the rest.
 * @throws ZodError
 */
export async function startTracing(serviceName: string, logger: Logger): Promise<Service> {
  const config = standard.parse(givenVariables(process.env));
  const endpoint = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || config.OTEL_SDK_DISABLED === 'true' || config.OTEL_TRACES_EXPORTER === 'none') return off;
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, resources, core] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/core'),
    ]);
  core.setGlobalErrorHandler((error) => logger.warn({ err: error }, 'traces were not sent'));
  const fromEnvironment = resources.detectResources({ detectors: [resources.envDetector] });
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': serviceName }).merge(fromEnvironment),
    sampler: samplerOf(sdk, config.OTEL_TRACES_SAMPLER, config.OTEL_TRACES_SAMPLER_ARG),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY,
        maxQueueSize: config.OTEL_BSP_MAX_QUEUE_SIZE,
        maxExportBatchSize: Math.min(config.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, config.OTEL_BSP_MAX_QUEUE_SIZE),
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  isOn = true;
  return {
    start: async () => undefined,
    stop: () =>
      provider
        .shutdown()
        .catch((error: unknown) => logger.warn({ err: error }, 'the last traces were not sent')),
  };
}

function samplerOf(
  { AlwaysOnSampler, AlwaysOffSampler, TraceIdRatioBasedSampler, ParentBasedSampler }: Sdk,
  name: z.infer<typeof standard>['OTEL_TRACES_SAMPLER'],
  ratio: number,
) {
  const root = name.endsWith('always_on')
    ? new AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}
type Sdk = typeof import('@opentelemetry/sdk-trace');
