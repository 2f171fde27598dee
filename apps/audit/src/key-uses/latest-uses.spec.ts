import { expect, it } from 'vitest';
import { LatestUses } from './latest-uses.js';

const at = (minute: number, ms = 0) => minute * 60_000 + ms;
const told = (uses: LatestUses) => uses.next(10).map(({ keyId, usedMs }) => `${keyId}@${usedMs / 60_000}`);

it('tells each key once, by its latest minute, in whichever order its uses came', () => {
  const uses = new LatestUses();
  for (const minute of [2, 5, 3]) uses.note('acme', 'k1', at(minute, 30_000));
  uses.note('acme', 'k2', at(1));
  expect(told(uses)).toEqual(['k1@5', 'k2@1']);
});

it('tells nothing again that did not advance, and what came while it was being told', () => {
  const uses = new LatestUses();
  uses.note('acme', 'k1', at(5));
  const batch = uses.next(10);
  uses.note('acme', 'k1', at(6));
  uses.tell(batch);
  uses.note('acme', 'k1', at(5, 59_999));
  expect(told(uses)).toEqual(['k1@6']);
  uses.tell(uses.next(10));
  uses.note('acme', 'k1', at(6, 1));
  expect(uses.size).toBe(0);
});

it('keeps what could not be told', () => {
  const uses = new LatestUses();
  uses.note('acme', 'k1', at(5));
  expect([told(uses), told(uses)]).toEqual([['k1@5'], ['k1@5']]);
});

it('keeps tenants apart and batches bounded, and takes no time for a use that is none', () => {
  const uses = new LatestUses();
  for (const n of [1, 2, 3]) uses.note(n === 2 ? 'globex' : 'acme', `k${n}`, at(1));
  expect(told(uses)).toEqual(['k1@1', 'k3@1']);
  expect(uses.next(1)).toHaveLength(1);
  uses.note('acme', 'k9', Number.NaN);
  expect(uses.size).toBe(3);
});
