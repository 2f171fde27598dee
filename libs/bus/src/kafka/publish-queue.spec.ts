import type { OutgoingRecord } from '#libs/bus';
import { expect, it } from 'vitest';
import { PublishQueue, type Landed } from './publish-queue.js';

const bounds = { queueBytesMax: 100, sendBytesMax: 30, sendRecordsMax: 4 };
const record = (value: string): OutgoingRecord => ({ topic: 't', key: null, value });
const sized = (given: OutgoingRecord) => Number(given.value);

/** A queue whose sends wait until they are let through. */
function scene(given = bounds) {
  const sent: string[][] = [];
  const gates: { pass: (offsets?: bigint[]) => void; fail: (error: Error) => void }[] = [];
  let end = 0n;
  const queue = new PublishQueue((records) => {
    sent.push(records.map(({ value }) => String(value)));
    return new Promise<readonly Landed[]>((resolve, reject) => {
      const land = (offset: bigint): Landed => ({ topic: 't', partition: 0, offset });
      gates.push({ pass: (offsets) => resolve((offsets ?? records.map(() => end++)).map(land)), fail: reject });
    });
  }, given);
  const publish = (...values: number[]) =>
    queue.publish(
      values.map((value) => record(String(value))),
      sized,
    );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { queue, sent, gates, publish, settle };
}

it('has one request in flight, and sends what came meanwhile together, in order and within its bounds', async () => {
  const { sent, gates, publish, settle } = scene();
  const calls = [publish(1), publish(2, 3)];
  await settle();
  calls.push(publish(10), publish(10, 10), publish(5), publish(1, 1, 1, 1, 1));
  expect(sent).toEqual([['1', '2', '3']]);
  for (let i = 0; i < gates.length; i += 1) {
    gates[i]?.pass();
    await settle();
  }
  await Promise.all(calls);
  expect(sent.slice(1)).toEqual([
    ['10', '10', '10'],
    ['5', '1', '1', '1'],
    ['1', '1'],
  ]);
  expect(await calls[5]).toEqual([{ topic: 't', partition: 0, baseOffset: 7n, count: 5 }]);
});

it('tells ranges apart where another producer came in between', async () => {
  const { gates, publish, settle } = scene();
  const call = publish(30, 30);
  await settle();
  gates[0]?.pass([4n]);
  await settle();
  gates[1]?.pass([9n]);
  expect(await call).toMatchObject([
    { baseOffset: 4n, count: 1 },
    { baseOffset: 9n, count: 1 },
  ]);
});

it('rejects what waits behind a failure, so that nothing overtakes what failed', async () => {
  const { sent, gates, publish, settle } = scene();
  const outcomes = [publish(30), publish(30), publish(1)].map((call) => call.catch((error: Error) => error.message));
  await settle();
  gates[0]?.fail(new Error('lost'));
  expect(await Promise.all(outcomes)).toEqual(['lost', 'lost', 'lost']);
  expect(sent).toHaveLength(1);
  const next = publish(2);
  await settle();
  gates[1]?.pass();
  expect(await next).toHaveLength(1);
});

it('refuses at once when too much is waiting, but lets a single large call into an empty queue', async () => {
  const { gates, publish, settle } = scene({ ...bounds, sendBytesMax: 1000 });
  const first = publish(10);
  await settle();
  const large = publish(500);
  await expect(publish(1)).rejects.toMatchObject({ code: 'bus/overloaded', transient: true });
  gates[0]?.pass();
  await settle();
  gates[1]?.pass();
  await Promise.all([first, large]);
});

it('answers what it has taken before it closes, and takes nothing more', async () => {
  const { queue, gates, publish, settle } = scene();
  const call = publish(1);
  const closed = queue.close();
  await expect(publish(1)).rejects.toMatchObject({ code: 'bus/closed' });
  await settle();
  gates[0]?.pass();
  await closed;
  expect(await call).toHaveLength(1);
});
