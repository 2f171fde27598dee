import { expect, it } from 'vitest';
import type { ToThread } from './thread-messages.js';
import { UntakenBytes } from './untaken-bytes.js';

const MIB = 1024 * 1024;
/** Memory that is never touched costs nothing. */
const large = new Uint8Array(new SharedArrayBuffer(400 * MIB));
const messages: readonly ToThread[] = [
  { state: { view: 'policy', key: 'head/acme', value: large } },
  { state: { view: 'identity', news: { of: 'record', key: 'principal/user_1', value: large } } },
  { state: { view: 'identity', news: { of: 'snapshot', bytes: large } } },
  { state: { view: 'policySnapshot', chunks: [{ name: 'policy', bytes: large }] } },
  { forwarded: 1, answer: { status: 200, headers: {}, body: large } },
];

it.each(messages)('refuses what would be added to more than a thread may leave: $state.view', (message) => {
  const sender = new UntakenBytes();
  expect([sender.send(message), sender.send(message), sender.send(message)]).toEqual([true, true, false]);
  expect(sender.waiting).toBeGreaterThanOrEqual(800 * MIB);
  expect(sender.waiting).toBeLessThan(801 * MIB);
});

it('lets as much through as the thread takes, however long it goes on', () => {
  const sender = new UntakenBytes();
  const thread = new UntakenBytes(sender.memory);
  // Twelve times what the numbers hold until they go round.
  for (let n = 0; n < 128; n += 1) {
    const message = messages[n % messages.length] as ToThread;
    expect(sender.send(message)).toBe(true);
    thread.take(message);
  }
  expect(sender.waiting).toBe(0);
});

it('counts small messages too', () => {
  const sender = new UntakenBytes();
  const order: ToThread = { order: { do: 'tellMetrics' }, number: 1 };
  let sent = 0;
  while (sender.send(order)) sent += 1;
  expect(sent).toBeLessThan(4_000_000);
});
