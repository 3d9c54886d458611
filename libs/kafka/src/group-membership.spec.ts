import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { GroupMembership, type MembershipHolder } from './group-membership.js';

// kafkajs's own runner over this member, with a broker that answers when the spec says so.

const require = createRequire(import.meta.url);
const Runner = require('kafkajs/src/consumer/runner.js') as new (
  options: object,
) => { start(): Promise<void>; stop(): Promise<void> };
const log = { namespace: () => log, debug: () => undefined, info: () => undefined, warn: () => undefined };
const instrumentationEmitter = { emit: () => undefined };
const dealing = Object.assign(new Error('shares are dealt out'), { type: 'REBALANCE_IN_PROGRESS' });

function member() {
  const answers = { beat: (_error: Error): void => undefined, leave: (): void => undefined };
  const coordinator = {
    joinGroup: async () => ({
      generationId: 1,
      leaderId: 'x',
      memberId: 'm',
      members: [],
      groupProtocol: 'p',
    }),
    syncGroup: async () => ({ memberAssignment: Buffer.alloc(0) }),
    heartbeat: () =>
      new Promise((_, reject) => {
        answers.beat = reject;
      }),
    leaveGroup: () =>
      new Promise<void>((resolve) => {
        answers.leave = resolve;
      }),
  };
  const holder: MembershipHolder & object = Object.assign(
    { membership: null, positioned: Promise.resolve(), onOutOfRange: null },
    { name: 'p', protocol: () => ({}), assign: async () => [] },
  );
  const group = new GroupMembership({
    assigners: [holder],
    cluster: {
      connect: async () => undefined,
      refreshMetadataIfNecessary: async () => undefined,
      refreshMetadata: async () => undefined,
      findGroupCoordinator: async () => coordinator,
      findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 0 }],
      getNodeIds: () => [0],
      committedOffsets: () => ({}),
    },
    groupId: 'g',
    topics: ['t'],
    topicConfigurations: {},
    retry: {},
    logger: log,
    instrumentationEmitter,
    sessionTimeout: 6_000,
    rebalanceTimeout: 12_000,
    autoCommit: false,
    metadataMaxAge: 3_000,
  } as ConstructorParameters<typeof GroupMembership>[0]);
  return { group, answers };
}

it.each([
  ['before it leaves', true],
  ['while it leaves', false],
])('a member that hears of a dealing %s ends, and its process goes on', async (_when, isBefore) => {
  const { group, answers } = member();
  let joins = 0;
  const join = group.joinAndSync.bind(group);
  group.joinAndSync = () => {
    joins += 1;
    // an endless loop of promises would leave no turn for the spec's own end
    if (joins > 1_000) throw new Error('it joins for ever');
    return join();
  };
  let crash: Error | null = null;
  const runner = new Runner({
    logger: log,
    consumerGroup: group,
    instrumentationEmitter,
    concurrency: 1,
    eachBatch: async () => undefined,
    heartbeatInterval: 300,
    onCrash: (error: Error) => {
      crash = error;
    },
    autoCommit: false,
  });
  await runner.start();
  await turn();
  const beating = group.beat();
  await turn();
  if (isBefore) answers.beat(dealing);
  const leaving = group.leaveAtOnce();
  if (!isBefore) answers.beat(dealing);
  await beating;
  for (let turns = 0; turns < 20; turns += 1) await turn();
  answers.leave();
  await leaving;
  await runner.stop();
  expect(crash).toBeNull();
  expect(joins).toBeLessThan(10);
});
