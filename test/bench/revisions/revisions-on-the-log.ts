import { setTimeout as pause } from 'node:timers/promises';
import type { StateEntry, Writers } from '../load/written-keys.js';
import type { WrittenPolicy } from './written-policy.js';

/** Revisions of several tenants in turn, made before they are due, so that making them costs nobody anything. */
export class RevisionsOnTheLog {
  constructor(
    private readonly writers: Writers,
    private readonly policies: readonly WrittenPolicy[],
  ) {}

  /** Makes so many. */
  prepare(count: number): readonly (readonly StateEntry[])[] {
    const { policies } = this;
    return Array.from({ length: count }, (_, n) => policies[n % policies.length]?.next() ?? []);
  }

  /** Publishes them at a steady rate; what is due by the time that the broker has the former is sent together. */
  async publish(prepared: readonly (readonly StateEntry[])[], perSecond: number): Promise<void> {
    const begunMs = performance.now();
    for (let sent = 0; sent < prepared.length;) {
      const due = Math.min(prepared.length, Math.floor(((performance.now() - begunMs) * perSecond) / 1_000) + 1);
      if (due > sent) await this.writers.policy(prepared.slice(sent, due).flat());
      else await pause(1_000 / perSecond);
      sent = due;
    }
  }
}
