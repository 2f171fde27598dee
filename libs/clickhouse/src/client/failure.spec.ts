import { ClickHouseError } from '@clickhouse/client';
import { describe, expect, it } from 'vitest';
import { isTransient } from './failure.js';

const exception = (code: string) => new ClickHouseError({ code, type: 'TYPE', message: 'text' });
const system = (code: string) => Object.assign(new Error('connect'), { code });

describe('a failure', () => {
  it.each(['159', '241', '252', '319'])('of the server with code %s may pass', (code) => {
    expect(isTransient(exception(code))).toBe(true);
  });
  it.each(['60', '62', '27', '497'])('of the statement with code %s does not', (code) => {
    expect(isTransient(exception(code))).toBe(false);
  });
  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'])(
    'of the way there (%s) may pass',
    (code) => {
      expect(isTransient(system(code))).toBe(true);
      expect(isTransient(new AggregateError([system(code)]))).toBe(true);
    },
  );
  it('that is a defect of ours does not', () => {
    expect([new TypeError('x'), 'text', system('ERR_INVALID_ARG_TYPE')].map(isTransient)).toEqual([
      false,
      false,
      false,
    ]);
  });
  it('that is a time-out of the client may pass', () => {
    expect(isTransient(new Error('Timeout error.'))).toBe(true);
  });
});
