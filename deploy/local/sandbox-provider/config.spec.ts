import { expect, it } from 'vitest';
import { readConfig } from './config.js';

it('takes the port of the command line and refuses one that is none', () => {
  expect(readConfig(['--port', '9123']).port).toBe(9_123);
  expect(() => readConfig(['--port', 'many'])).toThrow(/port/u);
});
