import { describe, expect, it } from 'vitest';
import { splitStatements } from './migration-file.js';

describe('a file of statements', () => {
  it('is cut at semicolons that are SQL, and nowhere else', () => {
    const sql = `-- first; not cut
      CREATE TABLE a (x String DEFAULT 'a;\\';''b') ENGINE = Memory; /* ; */
      SELECT "q;", \`n;\`;;
    `;
    expect(splitStatements(sql)).toEqual([
      `CREATE TABLE a (x String DEFAULT 'a;\\';''b') ENGINE = Memory`,
      'SELECT "q;", `n;`',
    ]);
  });

  it('may end without one', () => {
    expect(splitStatements('SELECT 1')).toEqual(['SELECT 1']);
  });
});
