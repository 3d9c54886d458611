// Kafka in batches as a Nest transport: `NestFactory.createMicroservice(module, { strategy: new KafkaBatchTransport(…) })`.
export {
  KafkaBatchTransport,
  type KafkaBatchTransportOptions,
  type RecordBatch,
} from './kafka-batch-transport.js';
