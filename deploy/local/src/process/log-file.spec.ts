import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { LogFile } from './log-file.js';

function freshLog(): LogFile {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return new LogFile(join(folder, 'logs', 'part.log'));
}

it('goes on in an emptied file when it has grown too long, and keeps what was in it once', () => {
  const log = freshLog();
  const { descriptor, close } = log.open();
  writeSync(descriptor, 'before\n');
  log.rotate(3);
  writeSync(descriptor, 'after\n');
  close();
  expect(readFileSync(log.path, 'utf8')).toBe('after\n');
  expect(readFileSync(`${log.path}.1`, 'utf8')).toBe('before\n');
});

it('shows the last lines, and nothing of a log that was never written', () => {
  const log = freshLog();
  expect(log.tail()).toBe('');
  const { descriptor, close } = log.open();
  writeSync(descriptor, 'one\ntwo\nthree\n');
  close();
  expect(log.tail(2)).toBe('two\nthree');
});
