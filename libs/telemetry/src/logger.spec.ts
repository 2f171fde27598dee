import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';

const SECRET = 'aB3'.repeat(15).slice(0, 43);
const KEY = `gh_vakp_abcdefghijkl_${SECRET}_Zz9Zz9`;

function captured() {
  const lines: string[] = [];
  const log = createLogger({ service: 'spec', destination: { write: (line) => void lines.push(line) } });
  return { log, text: () => lines.join('') };
}

describe('a key never reaches a log line', () => {
  const places: Record<string, (log: ReturnType<typeof captured>['log']) => void> = {
    'in the message': (log) => log.info(`refused ${KEY}`),
    'in a field': (log) => log.info({ key: KEY }, 'refused'),
    'deep in an object': (log) => log.info({ a: { b: [{ c: { d: { e: { f: KEY } } } }] } }, 'refused'),
    'as a field name': (log) => log.info({ [KEY]: 1 }, 'refused'),
    'in the message of an error': (log) => log.error({ err: new Error(`bad ${KEY}`) }, 'failed'),
    'in a cause': (log) => log.error({ err: new Error('bad', { cause: new Error(KEY) }) }, 'failed'),
    'in a child logger': (log) => log.child({ key: KEY }).warn('hm'),
    'twice in a line': (log) => log.info({ a: KEY, b: KEY }, KEY),
    'in a URL': (log) => log.info({ url: `/v1/models?key=${KEY}&x=1` }, 'request'),
  };
  it.each(Object.entries(places))('%s', (_, write) => {
    const { log, text } = captured();
    write(log);
    expect(text()).not.toContain(SECRET);
    expect(text()).toContain('gh_vakp_abcdefghijkl_***');
  });
});

it('replaces authorization headers and other named secrets at each of four depths', () => {
  const { log, text } = captured();
  log.info({ authorization: 'Basic c2VjcmV0', headers: { authorization: 'Basic c2VjcmV0' } }, 'x');
  log.info({ req: { headers: { authorization: 'Basic c2VjcmV0', cookie: 'sid=c2VjcmV0' } } }, 'x');
  log.info({ a: { b: { c: { password: 'c2VjcmV0' } } } }, 'x');
  expect(text()).not.toContain('c2VjcmV0');
});

it('masks bearer tokens and JSON web tokens inside text', () => {
  const { log, text } = captured();
  log.info('Authorization: Bearer sk-upstream-123456');
  log.info({ note: 'got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl' }, 'x');
  expect(text()).not.toMatch(/sk-upstream|c2lnbmF0dXJl/);
});

it('stays one JSON object per line after masking', () => {
  const { log, text } = captured();
  log.info({ key: KEY, quoted: `"Bearer ${KEY}"` }, `"${KEY}"\nBearer abc\\def`);
  expect(text().trimEnd().split('\n')).toHaveLength(1);
  expect(() => JSON.parse(text())).not.toThrow();
});
