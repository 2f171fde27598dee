import { expect, it } from 'vitest';
import { Rounds } from './rounds.js';

function held() {
  const begun: string[][] = [];
  const ends: (() => void)[] = [];
  const rounds = new Rounds<string, readonly string[]>((items) => {
    begun.push([...items]);
    return new Promise((resolve) => ends.push(() => resolve(items)));
  });
  const settled = async () => new Promise((resolve) => setImmediate(resolve));
  return { begun, rounds, end: () => ends.shift()?.(), settled };
}

it('lets who comes while a round runs share one next round, about all that they ask for', async () => {
  const { begun, rounds, end, settled } = held();
  const first = rounds.join(['a']);
  await settled();
  const later = [rounds.join(['a', 'b']), rounds.join(['c'])];
  await settled();
  expect(begun).toEqual([['a']]);
  end();
  expect(await first).toEqual(['a']);
  await settled();
  expect(begun).toEqual([['a'], ['a', 'b', 'c']]);
  end();
  expect(await Promise.all(later)).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ]);
});

it('gives nobody a round that had begun before they came', async () => {
  const { begun, rounds, end, settled } = held();
  void rounds.join(['a']);
  await settled();
  void rounds.join(['a']);
  end();
  await settled();
  expect(begun).toEqual([['a'], ['a']]);
  const idle = rounds.idle();
  end();
  await idle;
});
