import { LogLease, WatermarkAge, WriterLease, type BusClock } from '#libs/bus';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

class TwoClocks implements BusClock {
  mono = 1_000;
  wall = 1_800_000_000_000;
  monotonicMs = () => this.mono;
  wallMs = () => this.wall;
  pass(ms: number): void {
    this.mono += ms;
    this.wall += ms;
  }
}

/** A lease whose steps take the time, or fail, as the test says. */
function scene(steps: { ask?: number; stand?: number; report?: number } = {}, confirm?: () => boolean) {
  const clock = new TwoClocks();
  const failing = new Set<string>();
  const step = (name: string, ms = 0) => {
    clock.pass(ms);
    if (failing.has(name)) throw new Error(name);
  };
  const story: string[] = [];
  const lease = new LogLease(
    {
      askEnd: async () => (story.push('ask'), step('ask', steps.ask), 7n),
      standAt: async (end) => (story.push(`stand at ${end}`), step('stand', steps.stand)),
      report: async () => (story.push('report'), step('report', steps.report)),
      ...(confirm ? { confirm } : {}),
    },
    clock,
  );
  return { clock, failing, story, lease };
}

describe('the log lease', () => {
  it('is not held before the first renewal', () => {
    const { lease } = scene();
    expect(lease.isHeld()).toBe(false);
    expect(lease.overdueMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('runs for ten seconds from the moment the end was asked, not from the answer', async () => {
    const { lease, clock } = scene({ ask: 2_000, stand: 3_000, report: 1_000 });
    expect(await lease.renew()).toBe('renewed');
    expect(lease.isHeld()).toBe(true);
    clock.pass(3_999);
    expect(lease.isHeld()).toBe(true);
    clock.pass(1);
    expect(lease.isHeld()).toBe(false);
    expect(lease.overdueMs()).toBe(0);
  });

  it('is renewed only at that end and after the report was acknowledged', async () => {
    const { lease, story, failing } = scene();
    for (const step of ['ask', 'stand', 'report']) {
      failing.add(step);
      await expect(lease.renew()).rejects.toThrow(step);
      expect(lease.isHeld()).toBe(false);
      failing.delete(step);
    }
    story.length = 0;
    await lease.renew();
    expect(story).toEqual(['ask', 'stand at 7', 'report']);
    expect(lease.isHeld()).toBe(true);
  });

  it.each(['ask', 'stand', 'report'])('gains nothing by a stop of the process while it waits for: %s', async (at) => {
    const { lease } = scene({ [at]: 60_000 });
    await lease.renew();
    expect(lease.isHeld()).toBe(false);
  });

  it('does not live longer because the time of day was set back', async () => {
    const { lease, clock } = scene();
    await lease.renew();
    clock.wall -= 3_600_000;
    clock.mono += 10_000;
    expect(lease.isHeld()).toBe(false);
  });

  it('keeps what a newer attempt has gained when an older one ends after it', async () => {
    const clock = new TwoClocks();
    const answers: (() => void)[] = [];
    const askEnd = () => new Promise<bigint>((resolve) => answers.push(() => resolve(1n)));
    const lease = new LogLease({ askEnd, standAt: async () => undefined, report: async () => undefined }, clock);
    const older = lease.renew();
    clock.pass(5_000);
    const newer = lease.renew();
    answers[1]?.();
    await newer;
    answers[0]?.();
    await older;
    clock.pass(9_999);
    expect(lease.isHeld()).toBe(true);
  });

  it('stays ended when it was dropped while a renewal was under way', async () => {
    const { lease } = scene();
    await lease.renew();
    const renewal = lease.renew();
    lease.drop();
    expect(await renewal).toBe('unconfirmed');
    expect(lease.isHeld()).toBe(false);
    await lease.renew();
    expect(lease.isHeld()).toBe(true);
  });

  it('is not renewed by an answer that nobody confirms to be the leader’s', async () => {
    const { lease } = scene({}, () => false);
    expect(await lease.renew()).toBe('unconfirmed');
    expect(lease.isHeld()).toBe(false);
  });

  it('is never held ten seconds after the last end that was asked, whatever the schedule', async () => {
    const duration = fc.nat({ max: 30_000 });
    const turn = fc.record({ ask: duration, stand: duration, report: duration, idle: duration, fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 20 }), async (turns) => {
        const clock = new TwoClocks();
        let now = { ask: 0, stand: 0, report: 0, fails: false };
        let lastAskedMs = Number.NEGATIVE_INFINITY;
        const lease = new LogLease(
          {
            askEnd: async () => {
              if (!now.fails) lastAskedMs = clock.mono;
              return (clock.pass(now.ask), 1n);
            },
            standAt: async () => clock.pass(now.stand),
            report: async () => {
              clock.pass(now.report);
              if (now.fails) throw new Error('no broker');
            },
          },
          clock,
        );
        for (const step of turns) {
          now = step;
          await lease.renew().catch(() => undefined);
          if (lease.isHeld() && clock.mono >= lastAskedMs + 10_000) return false;
          clock.pass(step.idle);
          if (lease.isHeld() && clock.mono >= lastAskedMs + 10_000) return false;
        }
        return true;
      }),
    );
  });
});

describe('the writer lease', () => {
  it.each([
    [0, 'fresh'],
    [9_999, 'fresh'],
    [10_000, 'silent'],
    [3_599_999, 'silent'],
    [3_600_000, 'expired'],
    [Number.POSITIVE_INFINITY, 'expired'],
    [Number.NaN, 'expired'],
  ])('after %d ms of silence is %s', (ageMs, state) => {
    expect(new WriterLease(() => ageMs).look()).toEqual({ state, staleMs: ageMs });
  });
});

describe('the age of a watermark', () => {
  const watermark = { offset: 3n, generation: 1, epoch: 1, position: 9 };

  it('is infinite before the first one', () => {
    expect(new WatermarkAge(new TwoClocks()).ageMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts from when it was written, not from when a late reader gets to see it', () => {
    const clock = new TwoClocks();
    const age = new WatermarkAge(clock);
    age.take({ ...watermark, atMs: clock.wall - 50_000 });
    expect(age.ageMs()).toBe(50_000);
    clock.pass(500);
    expect(age.ageMs()).toBe(50_500);
  });

  it('is not below zero for a writer whose clock is ahead, and grows though clocks are set back', () => {
    const clock = new TwoClocks();
    const age = new WatermarkAge(clock);
    age.take({ ...watermark, atMs: clock.wall + 9_000 });
    expect(age.ageMs()).toBe(0);
    clock.wall -= 100_000;
    clock.mono += 20_000;
    expect(age.ageMs()).toBe(20_000);
  });
});
