import { describe, expect, it } from 'vitest';
import { readerCommand } from './command.js';
import { TENANT_TABLES } from './reader-sql.js';

const hash = 'a'.repeat(64);
const asked = (more: Readonly<Record<string, string>> = {}) =>
  Object.entries({ tenant: 'acme', user: 'acme_reader', 'password-sha256': hash, ...more }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);

describe('npm run reader', () => {
  it('narrows a reader to the rows of the tenant in every table, and to no other statement than reading', () => {
    const { text, exitCode } = readerCommand(asked());
    expect(exitCode).toBe(0);
    for (const table of TENANT_TABLES) {
      expect(text).toContain(`ON gatehouse.${table} FOR SELECT USING tenant_id = 'acme' TO acme_reader;`);
    }
    expect(text.match(/^GRANT (?!SELECT ON|gatehouse_tenant_reader TO)/gm)).toBeNull();
    expect(text).toContain('readonly = 2 CONST');
  });

  it('gives a reader its rows last: whoever stops in between has opened nothing', () => {
    const lines = readerCommand(asked()).text.trim().split('\n');
    const first = lines.findIndex((line) => line.includes('TO ALL EXCEPT'));
    const user = lines.findIndex((line) => line.startsWith('CREATE USER'));
    const own = lines.findIndex((line) => line.includes("tenant_id = 'acme'"));
    expect([first, user, own].toSorted((a, b) => a - b)).toEqual([first, user, own]);
    expect(lines.slice(own).every((line) => line.includes('TO acme_reader;'))).toBe(true);
  });

  it.each([
    ['a tenant that closes its quotes', { tenant: "acme' OR '1'='1" }],
    ['a tenant that stands for all', { tenant: '' }],
    ['a user that is a statement', { user: 'a; DROP USER default' }],
    ['a database that names a table', { database: 'gatehouse.decisions' }],
    ['a password in place of its hash', { 'password-sha256': 'secret' }],
  ])('refuses %s and prints no SQL', (_what, more) => {
    const { text, exitCode } = readerCommand(asked(more));
    expect(exitCode).toBe(2);
    expect(text).not.toContain('CREATE');
  });

  it('tells how it is used where something is missing', () => {
    expect(readerCommand([])).toMatchObject({ exitCode: 2, text: expect.stringContaining('Usage: ') });
  });
});
