import { contractQuotas, timersContract } from '#testing';
import { Cluster } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

// Commands by Kafka, queries and the watch by HTTP, and every process of the product between them.

timersContract('a client of a running Carillon', async () => {
  const cluster = await Cluster.open();
  await cluster.start('scheduler', { QUOTAS: JSON.stringify(contractQuotas) });
  const [{ url }] = await Promise.all([cluster.api(), cluster.start('fire')]);
  const timers = await cluster.client({ api: { url }, namespace: 'spec' });
  return { timers, eventually, close: () => cluster.close() };
});
