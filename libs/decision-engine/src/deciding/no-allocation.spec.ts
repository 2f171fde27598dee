import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fromSourceArgv } from '#libs/spool';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Measured } from './allocations.fixture.js';

/** An answer made anew has 40; the time, boxed where the engine's compiler has not got round to it, has 12. */
const LESS_THAN_AN_ANSWER_BYTES = 24;
let measured: Readonly<Record<string, Measured>>;

beforeAll(async () => {
  const worker = new Worker(new URL('./allocations.fixture.ts', import.meta.url), { execArgv: [...fromSourceArgv()] });
  [measured] = (await once(worker, 'message')) as [typeof measured];
});

describe('a decision on the hot path', () => {
  it.each([
    ['allowed', { allowed: true, statements: ['reader/cleared', 'reader/staging'] }],
    ['denied by a statement', { allowed: false, reason: 'explicit_deny' }],
    ['shut by a boundary', { allowed: false, reason: 'boundary', boundaries: ['known'] }],
  ])('%s carries its reason, and allocates nothing', (what, expected) => {
    expect(measured[what]?.decision).toMatchObject(expected);
    expect(measured[what]?.bytes).toBeLessThan(LESS_THAN_AN_ANSWER_BYTES);
  });
});
