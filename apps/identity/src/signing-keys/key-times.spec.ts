import { ACCESS_TOKEN_SECONDS_MAX } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { isNextDue, PUBLISHED_AHEAD_SECONDS, publishedKeys, publishedUntil, SIGNING_SECONDS } from './key-times.js';

const DAY = 86_400_000;
const key = (kid: string, signsFromMs: number, publishedUntilMs: number | null = null) => ({
  kid,
  signsFromMs,
  publishedUntilMs,
});
const statuses = (keys: ReturnType<typeof key>[], now: number) =>
  publishedKeys(keys, now).map(({ kid, status }) => [kid, status]);

describe('the keys that verify', () => {
  it('begin with the one that signs: the youngest whose time has come', () => {
    const keys = [key('old', 0, 50), key('now', 10), key('next', 20)];
    expect(statuses(keys, 15)).toEqual([
      ['now', 'signing'],
      ['next', 'next'],
      ['old', 'retired'],
    ]);
    expect(statuses(keys, 20)).toEqual([
      ['next', 'signing'],
      ['now', 'retired'],
      ['old', 'retired'],
    ]);
  });

  it('keep one that is retired until the last token that it may have signed has expired', () => {
    const from = 1_000_000;
    const until = publishedUntil(from);
    expect(until - from).toBeGreaterThan(ACCESS_TOKEN_SECONDS_MAX * 1000);
    const keys = [key('old', 0, until), key('new', from)];
    expect(statuses(keys, from + ACCESS_TOKEN_SECONDS_MAX * 1000)).toContainEqual(['old', 'retired']);
    expect(statuses(keys, until)).toEqual([['new', 'signing']]);
  });
});

it('the next key is due early enough to be known before it signs', () => {
  const signingMs = SIGNING_SECONDS * 1000;
  const due = signingMs - PUBLISHED_AHEAD_SECONDS * 1000;
  expect(isNextDue([key('only', 0)], due - 1)).toBe(false);
  expect(isNextDue([key('only', 0)], due)).toBe(true);
  expect(isNextDue([key('only', 0, 99 * DAY), key('next', signingMs)], due)).toBe(false);
});
