import { ExpansionStalledError, expand } from '#engine';
import { KafkaAdmin } from '#kafka';
import { sleep } from '#runtime';
import { groupIds, kafka, topicPrefix, withPools } from '../connection.js';
import { UsageError } from '../errors/exit-codes.js';
import { say } from '../output/out.js';
import { runningSystem } from './running-system.js';

const askedEveryMs = 200;

/** `carillon partitions expand <count>` */
export async function expandCommand(
  count: string,
  { timeout }: { readonly timeout: string },
): Promise<number> {
  const to = Number(count);
  if (to > 256 || 256 % to !== 0)
    throw new UsageError(`${count} is not a number of partitions: a power of two up to 256`);
  const deadline = performance.now() + Number(timeout) * 1_000;
  const admin = new KafkaAdmin(kafka());
  await withPools((pools) =>
    expand(
      runningSystem({
        admin,
        pools,
        topicPrefix: topicPrefix(),
        groups: groupIds(),
      }),
      to,
      {
        tell: oncePerLine(say),
        pause: async (why) => {
          if (performance.now() > deadline) throw new ExpansionStalledError(why);
          await sleep(askedEveryMs);
        },
      },
    ),
  );
  return 0;
}

function oncePerLine(tell: (line: string) => void): (line: string) => void {
  let last = '';
  return (line) => {
    if (line !== last) tell(line);
    last = line;
  };
}
