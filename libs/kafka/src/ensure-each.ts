import type { KafkaAdmin, TopicSpec } from './admin.js';
import { TopicRefused } from './topic-refused.js';

/**
 * Makes what is missing, together, and one by one where Kafka refuses any: the answer to all of them says little of each. Answers those
 * that it will not make, by name.
 */
export async function ensureEach(
  admin: Pick<KafkaAdmin, 'ensureTopics'>,
  specs: readonly TopicSpec[],
): Promise<ReadonlyMap<string, TopicRefused>> {
  const [first, ...others] = specs;
  if (first === undefined) return new Map();
  try {
    await admin.ensureTopics(specs);
    return new Map();
  } catch (error) {
    if (!(error instanceof TopicRefused)) throw error;
    if (others.length === 0) return new Map([[first.topic, error]]);
  }
  const refused = new Map<string, TopicRefused>();
  for (const spec of specs)
    for (const [topic, error] of await ensureEach(admin, [spec])) refused.set(topic, error);
  return refused;
}
