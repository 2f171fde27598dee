import type { ReplayIncident } from '#libs/bus';
import { expect, it } from 'vitest';
import { ReplayTracker } from './replay-tracker.js';

const bounds = (start: number, end: number) => [{ topic: 't', partition: 0, start: BigInt(start), end: BigInt(end) }];
const identity = (topicId: string | null) => [{ topic: 't', clusterId: 'c', topicId }];
const record = (offset: number) => {
  return { topic: 't', partition: 0, offset: BigInt(offset), timestampMs: 0, key: null, value: null, headers: {} };
};

function scene(start: number, end: number, next?: number) {
  const incidents: ReplayIncident[] = [];
  const from = next === undefined ? {} : { from: [{ topic: 't', partition: 0, next: BigInt(next) }] };
  const tracker = new ReplayTracker(from, bounds(start, end), (incident) => incidents.push(incident));
  return { tracker, incidents, kinds: () => incidents.map(({ kind }) => kind) };
}

it('admits nothing below its position, whatever is delivered again', () => {
  const { tracker } = scene(0, 10);
  tracker.advance('t', 0, 5n);
  tracker.advance('t', 0, 3n);
  const again = [0, 4, 5, 7].map(record);
  expect(tracker.admit('t', 0, again).map(({ offset }) => offset)).toEqual([5n, 7n]);
  expect(tracker.positions()).toEqual([{ topic: 't', partition: 0, next: 5n }]);
});

it('has caught up at the end seen at the start, also where retention left nothing to read', async () => {
  const { tracker } = scene(8, 8);
  tracker.check(bounds(8, 8), []);
  await expect(tracker.caughtUp).resolves.toBeUndefined();
  const reading = scene(0, 2);
  reading.tracker.advance('t', 0, 2n);
  await expect(reading.tracker.caughtUp).resolves.toBeUndefined();
});

it('stops the topic when its end has moved back', () => {
  const { tracker, kinds } = scene(0, 10);
  tracker.advance('t', 0, 10n);
  tracker.check(bounds(0, 9), []);
  tracker.check(bounds(0, 9), []);
  expect(kinds()).toEqual(['end-moved-back']);
  expect(tracker.stopped).toEqual(['t']);
  expect(tracker.admit('t', 0, [record(10)])).toEqual([]);
});

it('does not mistake records that came while the end was asked for one that moved back', () => {
  const { tracker, kinds } = scene(0, 10);
  tracker.advance('t', 0, 10n);
  const before = tracker.positions();
  tracker.advance('t', 0, 15n);
  tracker.check(bounds(0, 12), [], before);
  expect(kinds()).toEqual([]);
});

it('stops the topic when it is another one, and does not when the broker cannot tell', () => {
  const { tracker, kinds } = scene(0, 10);
  tracker.check(bounds(0, 10), identity('a'));
  tracker.check(bounds(0, 10), identity(null));
  tracker.check(bounds(0, 10), identity('a'));
  expect(kinds()).toEqual([]);
  tracker.check(bounds(0, 10), identity('b'));
  expect(kinds()).toEqual(['another-incarnation']);
});

it('reports records that retention took before they were read, and goes on behind the gap', () => {
  const { tracker, kinds } = scene(0, 10, 2);
  tracker.check(bounds(6, 10), []);
  expect(kinds()).toEqual(['records-lost']);
  expect(tracker.next('t', 0)).toBe(6n);
});
