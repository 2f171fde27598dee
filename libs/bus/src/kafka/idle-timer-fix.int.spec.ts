import { KafkaBus } from '#libs/bus';
import { freshName, testStack } from '#libs/testing';
import { createHook } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';

const MEASURED_MS = 1500;

it('does not spin a timer while nothing happens', async () => {
  const bus = new KafkaBus({ brokers: testStack().kafka.brokers, clientId: 'idle' });
  const topic = freshName('idle');
  await bus.ensureTopics([{ name: topic, partitions: 1 }]);
  await bus.publish([{ topic, key: 'k', value: 'v' }]);
  const replay = await bus.replay({ reader: 'idle', topics: [topic], maxWaitMs: 100, onRecords: () => undefined });
  await replay.caughtUp;

  const stacks = new Map<string, number>();
  const hook = createHook({
    init(_id, type) {
      if (type !== 'Timeout') return;
      const from = new Error('made here').stack ?? '';
      if (from.includes('requestQueue') || from.includes('idle-timer-fix')) {
        stacks.set('request queue', (stacks.get('request queue') ?? 0) + 1);
      }
    },
  }).enable();
  const cpu = process.cpuUsage();
  // A rate is what is measured, so time has to pass.
  await pause(MEASURED_MS);
  const { user, system } = process.cpuUsage(cpu);
  hook.disable();
  await bus.close();

  // Without the fix: about a thousand per second and connection.
  expect(stacks.get('request queue') ?? 0).toBeLessThan(20);
  const cpuShare = (user + system) / 1000 / MEASURED_MS;
  expect(cpuShare).toBeLessThan(0.5);
});
