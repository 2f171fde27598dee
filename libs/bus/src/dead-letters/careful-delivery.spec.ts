import { BusError, CarefulDelivery, PoisonRecord, silentLogger, type BusRecord, type DeadLetterNote } from '#libs/bus';
import { expect, it } from 'vitest';

const record = (offset: number): BusRecord => {
  const at = { topic: 't', partition: 0, offset: BigInt(offset), timestampMs: 0 };
  return { ...at, key: null, value: Buffer.from(`secret ${offset}`), headers: {} };
};
const items = (count: number) => Array.from({ length: count }, (_, i) => ({ record: record(i) }));
const never = new AbortController().signal;

function scene(bury?: () => Promise<void>) {
  const buried: (DeadLetterNote & { offset: number })[] = [];
  const logged: unknown[] = [];
  const delivery = new CarefulDelivery({
    deadLetters: {
      bury: async (dead, note) => {
        await bury?.();
        buried.push({ offset: Number(dead.offset), ...note });
      },
    },
    logger: { ...silentLogger, error: (...entry) => logged.push(entry) },
    attemptsMax: 3,
    retryMs: 1,
  });
  return { delivery, buried, logged };
}
const offsets = (given: readonly { record: BusRecord }[]) => given.map((item) => Number(item.record.offset)).join();

it('narrows a failing batch down to the one record, tries it three times, and buries that one alone', async () => {
  const { delivery, buried } = scene();
  const calls: string[] = [];
  await delivery.deliver(
    items(3),
    async (given) => {
      calls.push(offsets(given));
      if (given.some((item) => item.record.offset === 1n)) throw new TypeError('no such field: secret');
    },
    never,
  );
  expect(calls).toEqual(['0,1,2', '0', '1', '1', '1', '2']);
  expect(buried).toEqual([{ offset: 1, reason: 'handler/TypeError', attempts: 3 }]);
});

it('buries a record that is said to be poison without trying it again', async () => {
  const { delivery, buried } = scene();
  const handle = async () => Promise.reject(new PoisonRecord('value/not-a-finding'));
  await delivery.deliver(items(1), handle, never);
  expect(buried).toEqual([{ offset: 0, reason: 'value/not-a-finding', attempts: 1 }]);
});

it('gives a record a second chance', async () => {
  const { delivery, buried } = scene();
  let failures = 2;
  const handle = async () => {
    if (failures-- > 0) throw new Error('once more');
  };
  await delivery.deliver(items(1), handle, never);
  expect(buried).toEqual([]);
});

it.each([
  ['a refused connection', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })],
  ['a database that shuts down', Object.assign(new Error('x'), { code: '57P01' })],
  ['a serialization failure', Object.assign(new Error('x'), { code: '40001' })],
  [
    'an outage deep in the causes',
    new Error('x', { cause: new Error('y', { cause: Object.assign(new Error('z'), { code: 'UND_ERR_SOCKET' }) }) }),
  ],
  ['the bus being away', new BusError('bus/unavailable', 'x', true)],
  ['what says so itself', Object.assign(new Error('x'), { transient: true })],
])('never makes a dead letter of %s: the record is not at fault', async (_, error) => {
  const { delivery, buried } = scene();
  let calls = 0;
  const handle = async () => {
    calls += 1;
    throw error;
  };
  await expect(delivery.deliver(items(3), handle, never)).rejects.toBe(error);
  expect(calls).toBe(1);
  expect(buried).toEqual([]);
});

it.each([
  ['a violated constraint', Object.assign(new Error('x'), { code: '23505' })],
  [
    'a poison record, whatever caused it',
    new PoisonRecord('p', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) }),
  ],
])('takes %s for the content’s fault', async (_, error) => {
  const { delivery, buried } = scene();
  await delivery.deliver(items(1), async () => Promise.reject(error), never);
  expect(buried).toHaveLength(1);
});

it('rejects when the dead letter cannot be written, so that nothing is committed', async () => {
  const away = new BusError('bus/publish-failed', 'x', true);
  const { delivery } = scene(async () => Promise.reject(away));
  const handle = async () => Promise.reject(new PoisonRecord('p'));
  await expect(delivery.deliver(items(2), handle, never)).rejects.toBe(away);
});

it('stops trying when the partition is lost', async () => {
  const { delivery, buried } = scene();
  const lost = new AbortController();
  const handle = async () => {
    lost.abort();
    throw new Error('x');
  };
  await expect(delivery.deliver(items(1), handle, lost.signal)).rejects.toMatchObject({ code: 'bus/ownership-lost' });
  expect(buried).toEqual([]);
});

it('writes nothing of the record or of the error’s text into the log or the reason', async () => {
  const { delivery, buried, logged } = scene();
  const handle = async () => Promise.reject(Object.assign(new Error('secret'), { code: 'not a code: secret' }));
  await delivery.deliver(items(1), handle, never);
  expect(JSON.stringify([buried, logged])).not.toContain('secret');
  expect(logged).toHaveLength(1);
});
