import { describe, expect, it } from 'vitest';
import { isHeld } from '#timer';
import { at, create, given, step, timerAfter } from '../spec-dsl.js';

const acquire = (holder: string, ms: number, ttl = '10s') =>
  step(
    { type: 'AcquireLease', holder, ttl, create: { timerId: 't1' as never, namespace: 'n', key: 'k' } },
    ms,
  );
const renew = (holder: string, token: number, ms: number, ttl = '10s') =>
  step({ type: 'RenewLease', holder, token, ttl }, ms);
const release = (holder: string, token: number | undefined, ms: number) =>
  step({ type: 'ReleaseLease', holder, ...(token !== undefined && { token }) }, ms);

describe('acquiring a lease', () => {
  it('makes a timer that is not there, one that never fires, and takes its lease', () =>
    given()
      .when(acquire('a', 0))
      .then(
        { type: 'TimerCreated', nextFireAt: null, spec: { schedPolicyType: 'ON_CLOSE', enable: false } },
        { type: 'LeaseAcquired', holder: 'a', token: 2, until: at(10_000), nextFireAt: null },
      ));
  it('does not make a timer that was named by its id alone', () =>
    given()
      .when(step({ type: 'AcquireLease', holder: 'a', ttl: '10s' }, 0))
      .rejected('timer-not-exist'));
  it('is refused while another holds it, and says until when and who', () => {
    const held = given(acquire('a', 0)).when(acquire('b', 9_999));
    held.rejected('lease-held');
  });
  it('is refused to the holder itself: a lease is not entered twice', () =>
    given(acquire('a', 0)).when(acquire('a', 1)).rejected('lease-held'));
  it('succeeds at the moment the former one is over, though nothing has noticed its end', () =>
    given(acquire('a', 0))
      .when(acquire('b', 10_000))
      .then({ type: 'LeaseAcquired', holder: 'b', token: 3, until: at(20_000) }));
  it('leaves the clock of a timer that fires as it is', () =>
    given(create({}, 0))
      .when(acquire('a', 5))
      .then({ type: 'LeaseAcquired', nextFireAt: at(0), token: 2 }));
  it('refuses a duration that is none', () =>
    given()
      .when(acquire('a', 0, '0s'))
      .rejected('invalid-spec', 'ttl'));
  it('refuses a name that no timer may have', () =>
    given()
      .when(
        step(
          {
            type: 'AcquireLease',
            holder: 'a',
            ttl: '1s',
            create: { timerId: 't1' as never, namespace: '', key: 'k' },
          },
          0,
        ),
      )
      .rejected('invalid-spec', 'namespace'));
});

describe('renewing a lease', () => {
  it('counts from now', () =>
    given(acquire('a', 0))
      .when(renew('a', 2, 4_000))
      .then({ type: 'LeaseRenewed', token: 2, until: at(14_000) }));
  it('is refused once it is over, even if nobody has taken it', () =>
    given(acquire('a', 0))
      .when(renew('a', 2, 10_000))
      .rejected('lease-lost'));
  it('is refused to anybody else, and to an earlier lease of the same holder', () => {
    given(acquire('a', 0))
      .when(renew('b', 2, 1))
      .rejected('lease-lost');
    given(acquire('a', 0), release('a', 2, 1), acquire('a', 2))
      .when(renew('a', 2, 3))
      .rejected('lease-lost');
  });
  it('does not push the commands that a timer remembers out', () => {
    const before = timerAfter(acquire('a', 0));
    const after = timerAfter(acquire('a', 0), ...[1, 2, 3, 4, 5, 6].map((ms) => renew('a', 2, ms)));
    expect(after.recent.map(({ version }) => version)).toEqual(before.recent.map(({ version }) => version));
  });
});

describe('releasing a lease', () => {
  it('lets the next one in at once, with a higher token', () =>
    given(acquire('a', 0), release('a', 2, 5))
      .when(acquire('b', 5))
      .then({ type: 'LeaseAcquired', holder: 'b', token: 4 }));
  it('is refused to a holder that froze and woke after its lease was over', () => {
    given(acquire('a', 0))
      .when(release('a', 2, 10_000))
      .rejected('lease-lost');
    given(acquire('a', 0), acquire('b', 10_000))
      .when(release('a', 2, 10_001))
      .rejected('lease-lost');
  });
  it('needs no token from a holder that never heard of it', () =>
    given(acquire('a', 0))
      .when(release('a', undefined, 5))
      .then({ type: 'LeaseReleased', token: 2 }));
});

describe('a timer that was leased', () => {
  it('is not deleted, held or not: its tokens would begin anew', () => {
    const remove = (ms: number) => step({ type: 'DeleteTimer' }, ms);
    given(acquire('a', 0)).when(remove(1)).rejected('lease-held');
    given(acquire('a', 0), release('a', 2, 1))
      .when(remove(2))
      .rejected('lease-remembered');
    given(create()).when(remove(2)).then({ type: 'TimerDeleted' });
  });
  it('is held while its end lies ahead, whoever looks', () => {
    const { lease } = timerAfter(acquire('a', 0));
    expect([isHeld(lease, at(9_999)), isHeld(lease, at(10_000)), isHeld(null, at(0))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
