import { freshName, testStack, waitFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { busChild } from '../contract/child-process.fixture.js';

/** In a process of its own: timers and CPU of whatever else runs here must not count. */
const SCRIPT = `
import { createHook } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { KafkaBus } from './bus/index.js';

const { BROKERS, TOPIC, MEASURED_MS } = process.env;
const bus = new KafkaBus({ brokers: BROKERS.split(','), clientId: 'idle' });
await bus.ensureTopics([{ name: TOPIC, partitions: 1 }]);
await bus.publish([{ topic: TOPIC, key: 'k', value: 'v' }]);
const replay = await bus.replay({ reader: 'idle', topics: [TOPIC], maxWaitMs: 100, onRecords: () => undefined });
await replay.caughtUp;

let timers = 0;
const hook = createHook({
  init(_id, type) {
    if (type === 'Timeout' && /requestQueue|idle-timer-fix/.test(new Error('made here').stack)) timers += 1;
  },
}).enable();
const before = process.cpuUsage();
await pause(Number(MEASURED_MS));
const { user, system } = process.cpuUsage(before);
hook.disable();
process.send({ timers, cpuMs: (user + system) / 1000 });
await bus.close();
`;
/** A rate is what is measured, so time has to pass. */
const MEASURED_MS = 1500;

it('does not spin a timer while nothing happens', async () => {
  const { brokers } = testStack().kafka;
  const env = { BROKERS: brokers.join(), TOPIC: freshName('idle'), MEASURED_MS: String(MEASURED_MS) };
  const child = await busChild(SCRIPT, env);
  try {
    const { timers, cpuMs } = await waitFor(() => child.said[0], {
      timeoutMs: 30_000,
      what: 'the child to have idled',
    });
    // Without the fix: about a thousand per second and connection.
    expect(timers).toBeLessThan(20);
    expect(Number(cpuMs) / MEASURED_MS).toBeLessThan(0.5);
  } finally {
    await child.end();
  }
});
