import { describe, expect, it } from 'vitest';
import { at, create, eventId, fire, given, step, timerAfter, type Wish } from '../spec-dsl.js';

const second = 1_000;
const minute = 60 * second;
const once = (extra: object = {}) =>
  create({
    schedPolicyType: 'ONCE',
    schedPolicyExpr: '1s',
    ackTimeout: '2s',
    needsClaim: true,
    retry: { maxAttempts: 3, backoff: 'fixed', min: '1s', max: '1s', jitter: false },
    ...extra,
  });
const say = (type: string, ms: number, extra: object = {}) =>
  step({ type, eventId: eventId(), ...extra } as Wish, ms);
const claim = (ms: number, worker = 'w1', extra: object = {}) =>
  say('ClaimEvent', ms, { attempt: 1, worker, ...extra });
const offered = [once(), fire(second)];

describe('an event that needs a claim', () => {
  it('is offered again each half minute, and no attempt is used up', () => {
    const again = [...Array(10).keys()].map((n) => fire(second + (n + 1) * 30 * second));
    expect(timerAfter(...offered, ...again).open).toMatchObject({ attempt: 1, claimed: false });
    given(...offered)
      .when(fire(31 * second))
      .then({ type: 'EventRedelivered', attempt: 1, reason: 'unclaimed' });
  });
  it('counts the ack timeout from the claim on', () =>
    void given(...offered, claim(5 * second))
      .when(fire(7 * second))
      .then({ type: 'EventRedelivered', attempt: 2, reason: 'ack-timeout' }));
  it('belongs to nobody again when its worker is lost', () =>
    expect(timerAfter(...offered, claim(5 * second), fire(7 * second)).open).toMatchObject({
      attempt: 2,
      claimed: false,
      worker: null,
    }));
  it.each(['CloseEvent', 'RetryEvent', 'HeartbeatEvent'])('refuses a %s before it is claimed', (type) =>
    given(...offered)
      .when(say(type, 2 * second, { attempt: 1 }))
      .rejected('not-claimed'),
  );
  it('lets an operator, who names no attempt, close it', () =>
    void given(...offered)
      .when(say('CloseEvent', 2 * second))
      .then({ type: 'EventClosed', ended: { reason: 'done' } }));
  it('is over at once when its timer is cancelled: nothing is under way', () =>
    void given(...offered)
      .when(step({ type: 'CancelTimer' }, 2 * second))
      .then({ type: 'EventCancelled' }, { type: 'TimerEnded', reason: 'cancelled' }));
  it('may be claimed without need, too', () =>
    expect(timerAfter(create(), fire(60 * minute), claim(61 * minute)).open).toMatchObject({ worker: 'w1' }));
});

describe('a claimed attempt', () => {
  const claimed = [...offered, claim(2 * second)];
  it.each(['CloseEvent', 'RetryEvent', 'HeartbeatEvent'])('refuses a %s of another worker', (type) =>
    given(...claimed)
      .when(say(type, 3 * second, { attempt: 1, worker: 'w2' }))
      .rejected('already-claimed'),
  );
  it('refuses a second worker, and takes the same one twice', () => {
    given(...claimed)
      .when(claim(3 * second, 'w2'))
      .rejected('already-claimed');
    given(...claimed)
      .when(claim(3 * second, 'w1'))
      .thenNothing();
  });
  it('is taken over as the next attempt', () => {
    const taken = [...claimed, claim(3 * second, 'w2', { takeOver: true })];
    expect(timerAfter(...taken).open).toMatchObject({ attempt: 2, worker: 'w2', claimed: true });
    given(...taken)
      .when(say('CloseEvent', 4 * second, { attempt: 1, worker: 'w1' }))
      .rejected('stale-attempt');
  });
  it('is taken over by one of two who saw the same attempt', () =>
    given(...claimed, claim(3 * second, 'w2', { takeOver: true }))
      .when(claim(3 * second, 'w3', { takeOver: true }))
      .rejected('stale-attempt'));
  it('is taken over also while it waits for its next attempt', () =>
    void given(...claimed, say('RetryEvent', 3 * second, { attempt: 1, worker: 'w1', after: '1h' }))
      .when(claim(4 * second, 'w2', { takeOver: true }))
      .then({ type: 'EventClaimed', attempt: 2, worker: 'w2' }));
});

describe('an attempt that is handed back', () => {
  const limited = [
    once({ needsClaim: false, retry: { maxAttempts: 2, min: '1h', max: '1h' } }),
    fire(second),
  ];
  const handBack = (attempt: number, ms: number, extra: object = {}) =>
    say('RetryEvent', ms, { attempt, handBack: true, error: 'the worker stops', ...extra });

  it('begins anew at once, or when it says, and none is counted, however often', () => {
    given(...limited)
      .when(handBack(1, 2_000))
      .then({ type: 'EventRetryScheduled', nextFireAt: at(2_000), handedBack: true });
    given(...limited)
      .when(handBack(1, 2_000, { after: '5s' }))
      .then({ type: 'EventRetryScheduled', nextFireAt: at(7_000) });
    const often = [1, 2, 3, 4].flatMap((n) => [handBack(n, 2_000 + n), fire(2_000 + n)]);
    expect(timerAfter(...limited, ...often).open).toMatchObject({ attempt: 5, attemptsBefore: 4 });
    given(...limited, handBack(1, 2_000))
      .when(fire(2_000))
      .then({ type: 'EventRedelivered', attempt: 2, reason: 'handed-back' });
  });
  it('leaves the count of those that failed as it was', () => {
    const failed = (attempt: number, ms: number) => [
      say('RetryEvent', ms, { attempt, after: '1s' }),
      fire(ms + second),
    ];
    const steps = [...failed(1, 2_000), handBack(2, 4_000), fire(4_000)];
    given(...limited, ...steps, say('RetryEvent', 5_000, { attempt: 3 }))
      .when(fire(5_000))
      .then({ type: 'EventGivenUp', attempt: 3, ended: { reason: 'done' } });
  });
  it('is the next one’s once: a second hand-back, or one after a failure, changes nothing', () => {
    given(...limited, handBack(1, 2_000, { after: '5s' }))
      .when(handBack(1, 3_000))
      .thenNothing();
    given(...limited, say('RetryEvent', 2_000, { attempt: 1 }))
      .when(handBack(1, 3_000))
      .thenNothing();
  });
  it('need not be claimed for it, but is not another worker’s to hand back', () => {
    given(...offered)
      .when(handBack(1, 2_000))
      .then({ type: 'EventRetryScheduled' });
    given(...offered, claim(2_000))
      .when(handBack(1, 3_000, { worker: 'w2' }))
      .rejected('already-claimed');
  });
  it('ends a timer that was cancelled meanwhile', () =>
    void given(...limited, step({ type: 'CancelTimer' }, 2_000))
      .when(handBack(1, 3_000))
      .then({ type: 'EventCancelled' }));
});

describe('an attempt that no worker was heard of for', () => {
  const unheard = { retry: { maxAttempts: 2, countUnheard: false, min: '1s', max: '1s' } };
  const started = [once({ needsClaim: false, ...unheard }), fire(second)];
  it('is followed by the next one without being counted, where the timer wants it so', () => {
    const again = [...Array(9).keys()].map((n) => fire(second + (n + 1) * 2_000));
    expect(timerAfter(...started, ...again).open).toMatchObject({ attempt: 10, attemptsBefore: 9 });
    given(...started)
      .when(fire(3_000))
      .then({ type: 'EventRedelivered', attempt: 2, reason: 'unheard' });
  });
  it.each([
    ['claim', say('ClaimEvent', 1_500, { attempt: 1, worker: 'w1' })],
    ['heartbeat', say('HeartbeatEvent', 1_500, { attempt: 1, worker: 'w1' })],
  ])(
    'counts once there was a %s',
    (_, heard) =>
      void given(...started, heard)
        .when(fire(3_500))
        .then({ type: 'EventRedelivered', attempt: 2, reason: 'ack-timeout' }),
  );
  it('counts in any other timer', () =>
    void given(once({ needsClaim: false }), fire(second))
      .when(fire(3_000))
      .then({ type: 'EventRedelivered', attempt: 2, reason: 'ack-timeout' }));
});

describe('what an event leaves', () => {
  it('is kept with the timer after the close', () =>
    expect(
      timerAfter(
        ...offered,
        claim(2 * second),
        say('CloseEvent', 3 * second, { attempt: 1, worker: 'w1', result: { text: '42' } }),
      ).outcome,
    ).toMatchObject({ attempt: 1, worker: 'w1', result: { text: '42' }, error: null }));
  it('is the last error when it was given up', () => {
    const failed = (attempt: number, ms: number) => [
      claim(ms, 'w1', { attempt }),
      say('RetryEvent', ms, { attempt, worker: 'w1', error: `no ${attempt}`, after: '1s' }),
      fire(ms + second),
    ];
    const state = timerAfter(...offered, ...failed(1, 2_000), ...failed(2, 4_000), ...failed(3, 6_000));
    expect(state).toMatchObject({ endedReason: 'done', outcome: { error: 'no 3', result: null } });
  });
});

describe('a timer with keepFor', () => {
  const ended = [once({ keepFor: '1h' }), fire(second), say('CloseEvent', 2 * second)];
  it('stays for so long after its end, then deletes itself', () => {
    expect(timerAfter(...ended).nextFireAt).toBe(timerAfter(...ended).createTime + 2 * second + 60 * minute);
    given(...ended)
      .when(fire(59 * minute))
      .thenNothing();
    given(...ended)
      .when(fire(60 * minute + 2 * second))
      .then({ type: 'TimerDeleted' });
  });
  it('stays while a manual trigger of it is open, and counts anew from its close', () => {
    const again = [
      ...ended,
      step({ type: 'TriggerTimer', requestId: 'r' }, 50 * minute),
      fire(50 * minute, 'e2'),
    ];
    given(...again)
      .when(fire(50 * minute + second))
      .thenNothing();
    const closed = [...again, step({ type: 'CloseEvent', eventId: eventId('e2') }, 51 * minute)];
    given(...closed)
      .when(fire(61 * minute))
      .thenNothing();
    given(...closed)
      .when(fire(111 * minute))
      .then({ type: 'TimerDeleted' });
  });
  it('goes on being kept when a manual request of it has timed out', () =>
    void given(
      ...ended,
      step({ type: 'TriggerTimer', requestId: 'r', timeout: '1s' }, 50 * minute),
      fire(51 * minute),
    )
      .when(fire(60 * minute + 2 * second))
      .then({ type: 'TimerDeleted' }));
  it('is not deleted while it is paused', () =>
    given(...ended, step({ type: 'PauseTimer' }, minute))
      .when(fire(120 * minute))
      .thenNothing());
  it('without it stays for ever', () =>
    expect(timerAfter(once(), fire(second), say('CloseEvent', 2 * second)).nextFireAt).toBeNull());
});
