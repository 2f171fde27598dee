import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closed, ended, entered, waitMs, type CallEnd, type CircuitBounds, type CircuitState } from './circuit.js';

const bounds: CircuitBounds = { windowMs: 100, endsMin: 4, failuresPercent: 50, openMs: 50, probeMs: 30 };

/** The rules read naively: the whole history is kept, and looked through for each question. */
class NaiveTwin {
  private ends: { at: number; failed: boolean }[] = [];
  private openedAt: number | undefined;
  private probes: { number: number; at: number }[] = [];
  private retryAt = 0;
  private windowAt = 0;

  lets(now: number): boolean {
    if (this.openedAt === undefined) return true;
    const probe = this.probes.at(-1);
    return probe ? now - probe.at >= bounds.probeMs : now >= this.retryAt;
  }

  enter(number: number, now: number): void {
    if (this.openedAt !== undefined) this.probes.push({ number, at: now });
  }

  end(end: CallEnd, number: number | undefined, now: number): void {
    if (this.openedAt !== undefined) {
      if (this.probes.length === 0 || this.probes.at(-1)?.number !== number) return;
      this.probes = [];
      if (end === 'failed') this.retryAt = now + bounds.openMs;
      if (end === 'unknown') this.retryAt = now;
      if (end === 'good') Object.assign(this, { openedAt: undefined, ends: [], windowAt: now });
      return;
    }
    if (end === 'unknown') return;
    if (now - this.windowAt >= bounds.windowMs) Object.assign(this, { ends: [], windowAt: now });
    this.ends.push({ at: now, failed: end === 'failed' });
    const failures = this.ends.filter(({ failed }) => failed).length;
    if (this.ends.length < bounds.endsMin || failures / this.ends.length < bounds.failuresPercent / 100) return;
    Object.assign(this, { openedAt: now, retryAt: now + bounds.openMs, ends: [] });
  }
}

type Step = { passMs: number; what: 'begin' | 'end'; end: CallEnd; which: number };
const steps = fc.array(
  fc.record<Step>({
    passMs: fc.integer({ min: 0, max: 40 }),
    what: fc.constantFrom('begin', 'end'),
    end: fc.constantFrom('good', 'failed', 'failed', 'unknown'),
    which: fc.nat(5),
  }),
  { maxLength: 120 },
);

describe('a circuit', () => {
  it('lets through what a naive reading of its rules does, whatever begins and ends when', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const twin = new NaiveTwin();
        let state: CircuitState = closed(0);
        let [now, count] = [0, 0];
        const underWay: (number | undefined)[] = [];
        for (const { passMs, what, end, which } of history) {
          now += passMs;
          expect(waitMs(state, now) === 0).toBe(twin.lets(now));
          if (what === 'begin' && waitMs(state, now) === 0) {
            count += 1;
            twin.enter(count, now);
            state = entered(state, count, now, bounds);
            underWay.push(state.kind === 'half-open' ? count : undefined);
          }
          if (what === 'end' && underWay.length > 0) {
            const [probe] = underWay.splice(which % underWay.length, 1);
            twin.end(end, probe, now);
            state = ended(state, end, probe, now, bounds);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('opens at half of the ends, not before there are enough of them', () => {
    let state: CircuitState = closed(0);
    for (const end of ['failed', 'good', 'failed'] as const) state = ended(state, end, undefined, 1, bounds);
    expect(state.kind).toBe('closed');
    expect(ended(state, 'good', undefined, 1, bounds)).toEqual({ kind: 'open', untilMs: 51 });
  });

  it('lets one probe through at a time, and closes by it alone', () => {
    const probing = entered({ kind: 'open', untilMs: 50 }, 7, 60, bounds);
    expect(waitMs(probing, 60)).toBe(30);
    expect(ended(probing, 'good', undefined, 61, bounds)).toBe(probing);
    expect(ended(probing, 'good', 6, 61, bounds)).toBe(probing);
    expect(ended(probing, 'good', 7, 61, bounds)).toMatchObject({ kind: 'closed', failures: 0 });
    expect(ended(probing, 'failed', 7, 61, bounds)).toEqual({ kind: 'open', untilMs: 111 });
  });
});
