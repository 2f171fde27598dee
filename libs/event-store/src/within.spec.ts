import { expect, it } from 'vitest';
import { endedWithin } from './within.js';

const recording = () => {
  const warned: object[] = [];
  const nothing = () => undefined;
  const logger = { warn: (fields: object) => void warned.push(fields), error: nothing, info: nothing, debug: nothing };
  return { warned, logger };
};

it('goes on without a part that does not end, and names it', async () => {
  const { warned, logger } = recording();
  await endedWithin(20, 'publisher', new Promise(() => undefined), logger);
  expect(warned).toEqual([{ part: 'publisher', timeoutMs: 20 }]);
});

it('says nothing of a part that ends', async () => {
  const { warned, logger } = recording();
  await endedWithin(1_000, 'publisher', Promise.resolve(), logger);
  expect(warned).toEqual([]);
});
