import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadSecrets } from './secrets.js';

function emptyFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'secrets.json');
}

it('makes each secret once, all different, readable by the owner alone', () => {
  const file = emptyFile();
  const made = loadSecrets(file);
  expect(loadSecrets(file)).toEqual(made);
  expect(new Set(Object.values(made)).size).toBe(Object.keys(made).length);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const secret of Object.values(made)) expect(Buffer.from(secret, 'base64')).toHaveLength(32);
});

it('adds a secret that a newer version needs, and keeps those that data depends on', () => {
  const file = emptyFile();
  const { seal_key_audit: _, ...older } = loadSecrets(file);
  writeFileSync(file, JSON.stringify(older));
  expect(loadSecrets(file)).toMatchObject(older);
});

it('never replaces a damaged secret, because what it protects would be lost', () => {
  const file = emptyFile();
  const damaged = { ...loadSecrets(file), pepper: 'short' };
  writeFileSync(file, JSON.stringify(damaged));
  expect(() => loadSecrets(file)).toThrow(/damaged[^]*pepper/);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(damaged);
});
