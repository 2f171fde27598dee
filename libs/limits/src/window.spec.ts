import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowAt, Windows, type WindowUnit } from './window.js';

const units: readonly WindowUnit[] = ['second', 'minute', 'hour', 'day', 'week', 'month'];
/** Half hours, no clocks set, clocks set at midnight (so that a day has none), a day that was left out. */
const zones = ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Santiago', 'America/New_York', 'Pacific/Apia'];
const at = (text: string) => Date.parse(text);
const span = (unit: WindowUnit, text: string, zone: string) => {
  const { startMs, endMs } = windowAt(unit, at(text), zone);
  return [new Date(startMs).toISOString(), new Date(endMs).toISOString()];
};

describe('a window', () => {
  it('is a day of the tenant, with 23 hours where clocks are set forward', () => {
    expect(span('day', '2026-03-29T12:00:00Z', 'Europe/Berlin')).toEqual([
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
  });

  it('begins at the first instant of a day that has no midnight', () => {
    expect(span('day', '2026-09-06T12:00:00Z', 'America/Santiago')[0]).toBe('2026-09-06T04:00:00.000Z');
  });

  it('is a week from Monday, and a month of the calendar', () => {
    expect(span('week', '2026-11-29T23:30:00Z', 'Europe/Berlin')[0]).toBe('2026-11-29T23:00:00.000Z');
    expect(span('week', '2026-11-29T22:30:00Z', 'Europe/Berlin')[0]).toBe('2026-11-22T23:00:00.000Z');
    expect(span('month', '2026-02-28T23:30:00Z', 'Europe/Berlin')).toEqual([
      '2026-02-28T23:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ]);
  });

  it('holds the instant it was asked for, and touches the one before and the one after', () => {
    const instants = fc.integer({ min: at('2000-01-01'), max: at('2040-01-01') });
    fc.assert(
      fc.property(fc.constantFrom(...units), instants, fc.constantFrom(...zones), (unit, atMs, zone) => {
        const run = windowAt(unit, atMs, zone);
        expect(run.startMs <= atMs && atMs < run.endMs).toBe(true);
        expect(windowAt(unit, run.endMs, zone).startMs).toBe(run.endMs);
        expect(windowAt(unit, run.startMs - 1, zone).endMs).toBe(run.startMs);
        expect(windowAt(unit, run.endMs - 1, zone)).toEqual(run);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is remembered as long as it lasts, and no longer', () => {
    const windows = new Windows(2);
    for (const text of ['2026-03-29T00:59:59Z', '2026-03-29T21:59:59Z', '2026-03-29T22:00:00Z']) {
      expect(windows.at('day', at(text), 'Europe/Berlin')).toEqual(windowAt('day', at(text), 'Europe/Berlin'));
    }
    for (const zone of zones) expect(windows.at('day', 0, zone)).toEqual(windowAt('day', 0, zone));
  });
});
