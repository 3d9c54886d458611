import { cloudEventSource, eventTypePrefix } from './cloud-events.js';
import { commandSchemas } from './commands.js';
import { dueTypes } from './due-event.js';
import { eventSchemas } from './event-schemas.js';
import { type JsonSchema, messageJsonSchema } from './json-schemas.js';
import { defaultTopicPrefix, topicsOf } from './topics.js';

// The wire as an AsyncAPI 3 document, from Carillon's side: it receives commands and sends everything else.

const ref = (path: string) => ({ $ref: `#/${path}` });
const text = (description: string) => ({ type: 'string', description });
const headers = (properties: Readonly<Record<string, object>>, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});

const traceparent = text('W3C trace context');
const replyHeaders = {
  kafka_correlationId: text('given back with the answer'),
  kafka_replyTopic: text('where the answer is wanted; absent: nobody waits for one'),
  kafka_replyPartition: text('of that topic'),
};

const commandHeaders = headers({ ...replyHeaders, actor: text('who asks, for the history'), traceparent });
const answerHeaders = headers(
  {
    kafka_correlationId: text('of the command'),
    'kafka_nest-is-disposed': text('always 1: one answer a command'),
    'kafka_nest-err': text('a refusal, once more, as clients of Nest expect it'),
  },
  ['kafka_correlationId'],
);
const rejectedHeaders = headers(
  {
    code: text('why, from the closed list of codes'),
    message: text('what is wrong and what would be right'),
    field: text('the field at fault; of a quota its name'),
    retryAfterMs: text('of a rate: when a command like it would be taken'),
    commandId: text('if it could be read'),
    sourceTopic: text('where the record was read'),
    sourcePartition: text('its partition there'),
    sourceOffset: text('its offset there'),
  },
  ['code', 'message', 'sourceTopic', 'sourcePartition', 'sourceOffset'],
);

/** CloudEvents 1.0 in binary mode: attributes are headers. */
const eventHeaders = (type: string, more: Readonly<Record<string, object>> = {}) =>
  headers(
    {
      ce_specversion: { type: 'string', const: '1.0' },
      ce_id: text('the same for a repeat'),
      ce_source: { type: 'string', const: cloudEventSource },
      ce_type: { type: 'string', const: type },
      ce_subject: text('namespace/key, as a URI reference'),
      ce_time: { type: 'string', format: 'date-time' },
      ce_timerid: { type: 'string', format: 'uuid' },
      ce_timerversion: text('a whole number; it rises within a timer'),
      'content-type': { type: 'string', const: 'application/json' },
      traceparent,
      ...more,
    },
    ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time', 'ce_timerid', 'ce_timerversion'],
  );

const feedHeaders = {
  ce_nextfireat: text('epoch milliseconds of the clock after the event; absent: it shows nothing'),
  ce_commandid: text('the command that caused it; absent: the clock did'),
};

const recordKey = { kafka: { key: text('namespace/key'), bindingVersion: '0.5.0' } };

interface Message {
  readonly name: string;
  readonly summary: string;
  readonly headers: object;
  /** Null: bytes as they came. */
  readonly payload: JsonSchema | null;
}

const message = (
  name: string,
  summary: string,
  head: object,
  payloadName: string | null = name,
): Message => ({
  name,
  summary,
  headers: head,
  payload: payloadName === null ? null : messageJsonSchema(payloadName, 'draft-7'),
});

const commands = Object.keys(commandSchemas).map((type) =>
  message(type, `the command ${type}`, commandHeaders),
);
const events = Object.keys(eventSchemas).map((type) =>
  message(type, `the log event ${type}`, eventHeaders(`${eventTypePrefix}${type}`, feedHeaders)),
);
const due = [
  message('DueEvent', 'a timer fired: handle it, then close it', eventHeaders(dueTypes.due)),
  message('PreScheduleQuestion', 'may this event begin?', eventHeaders(dueTypes.ask), 'DueEvent'),
];
const dead = [message('DeadEvent', 'given up after its last attempt', eventHeaders(dueTypes.dead))];
const rejected = [message('RejectedCommand', 'a refused record, as it came', rejectedHeaders, null)];
const replies = [message('Reply', 'the outcome of one command', answerHeaders)];

const messageObject = ({ name, summary, headers: head, payload }: Message) => ({
  name,
  title: name,
  summary,
  contentType: payload === null ? 'application/octet-stream' : 'application/json',
  headers: head,
  ...(payload !== null && { payload: withoutDialect(payload) }),
  bindings: recordKey,
});

/** AsyncAPI's own dialect holds inside the document. */
const withoutDialect = ({ $schema: _dialect, ...schema }: JsonSchema): JsonSchema => schema;

const channel = (address: string, description: string, messages: readonly Message[], more: object = {}) => ({
  address,
  description,
  messages: Object.fromEntries(messages.map(({ name }) => [name, ref(`components/messages/${name}`)])),
  ...more,
});

const operation = (action: 'send' | 'receive', name: string, summary: string, more: object = {}) => ({
  action,
  summary,
  channel: ref(`channels/${name}`),
  ...more,
});

/** Every topic, message and header. `topicPrefix` as the processes have it. */
export function asyncApiDocument(topicPrefix = defaultTopicPrefix, version = '1'): JsonSchema {
  const topics = topicsOf(topicPrefix);
  const hookClass = { description: 'the kind of consumer; [A-Za-z0-9._-], at most 64' };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Carillon',
      version,
      description: 'Durable timers on Kafka and Postgres: commands in, facts and due events out.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: {
      commands: channel(topics.commands, 'wishes, from anybody', commands),
      due: channel(topics.due('{hookClass}'), 'one topic a hook class', due, { parameters: { hookClass } }),
      events: channel(topics.events, 'the log, in version order for each timer', events),
      rejected: channel(topics.rejected, 'what was refused, with its bytes and the reason', rejected),
      dead: channel(topics.dead, 'due events that were given up', dead),
      replies: channel(topics.replies, 'answers to those who asked for one', replies),
    },
    operations: {
      receiveCommands: operation('receive', 'commands', 'applies a command once, however often it comes', {
        reply: { channel: ref('channels/replies'), messages: [ref('channels/replies/messages/Reply')] },
      }),
      sendDueEvents: operation('send', 'due', 'tells the hooks of a class that a timer fired'),
      publishEvents: operation('send', 'events', 'the change feed'),
      publishRejected: operation('send', 'rejected', 'tells what was refused'),
      sendDead: operation('send', 'dead', 'tells what was given up'),
    },
    components: {
      messages: Object.fromEntries(
        [...commands, ...due, ...events, ...rejected, ...dead, ...replies].map((one) => [
          one.name,
          messageObject(one),
        ]),
      ),
    },
  };
}
