import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { REPORT_EVERY_MS_MAX, ReportPace } from './report-pace.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function paced() {
  const sentMs: number[] = [];
  const startMs = performance.now();
  const pace = new ReportPace(
    () => Promise.resolve(void sentMs.push(performance.now() - startMs)),
    () => performance.now(),
  );
  /** Something is applied every 5 ms for so long. */
  const busy = async (forMs: number) => {
    for (let ms = 0; ms < forMs; ms += 5) {
      pace.touch();
      await vi.advanceTimersByTimeAsync(5);
    }
  };
  return { pace, sentMs, busy };
}

it('reports at once what comes alone', async () => {
  const { pace, sentMs } = paced();
  for (let n = 0; n < 3; n += 1) {
    pace.touch();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  const lateMs = sentMs.map((ms, n) => ms - n * 1_000);
  expect(lateMs.length).toBe(3);
  expect(Math.max(...lateMs)).toBeLessThanOrEqual(5);
});

it('reports less often while something is applied all the time, and the last of it as well', async () => {
  const { sentMs, busy } = paced();
  await busy(2_000);
  const count = sentMs.length;
  expect(count).toBeGreaterThan(2_000 / REPORT_EVERY_MS_MAX);
  expect(count).toBeLessThan(20);
  await vi.advanceTimersByTimeAsync(REPORT_EVERY_MS_MAX);
  expect(sentMs.at(-1)).toBeGreaterThanOrEqual(2_000 - 5);
});

it('is as quick as at first once it has been quiet for a while', async () => {
  const { pace, sentMs, busy } = paced();
  await busy(1_000);
  await vi.advanceTimersByTimeAsync(1_000);
  const before = sentMs.length;
  const askedMs = performance.now();
  pace.touch();
  await vi.advanceTimersByTimeAsync(5);
  expect(sentMs.length).toBe(before + 1);
  expect(performance.now() - askedMs).toBeLessThanOrEqual(5);
});
