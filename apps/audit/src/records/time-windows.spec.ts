import { describe, expect, it } from 'vitest';
import { timeWindows } from './time-windows.js';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-23T12:00:00.000Z');

describe('windows of time, newest first', () => {
  it('begin open towards the future and end open towards the past', () => {
    const windows = timeWindows({ fromMs: undefined, toMs: undefined }, NOW);
    expect(windows[0]).toEqual({ fromMs: NOW - HOUR, toMs: undefined });
    expect(windows.at(-1)).toEqual({ fromMs: undefined, toMs: NOW - 14 * 24 * HOUR });
  });

  it.each([
    ['everything', undefined, undefined],
    ['a day until now', NOW - 24 * HOUR, undefined],
    ['a minute', NOW - 60_000, NOW],
    ['until tomorrow', undefined, NOW + 24 * HOUR],
    ['long ago', NOW - 999 * HOUR, NOW - 900 * HOUR],
    ['nothing', NOW, NOW],
  ])('cover %s without gap or overlap', (_what, fromMs, toMs) => {
    const windows = timeWindows({ fromMs, toMs }, NOW);
    expect(windows[0]?.toMs).toBe(toMs);
    expect(windows.at(-1)?.fromMs).toBe(fromMs);
    expect(windows.slice(1).map((window) => window.toMs)).toEqual(windows.slice(0, -1).map((window) => window.fromMs));
  });
});
