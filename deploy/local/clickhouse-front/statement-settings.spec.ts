import { describe, expect, it } from 'vitest';
import { readStatement } from './statement.js';
import { settingsOf, withSettings } from './statement-settings.js';

const write = (sql: string, query: string) =>
  withSettings(sql, readStatement(sql), settingsOf(new URLSearchParams(query))).replaceAll('\n', ' ');

describe('settings of a request', () => {
  it('are written into the statement, never set for the connection', () => {
    expect(write('select 1 format JSON;', 'max_threads=1&query_id=7&wait_end_of_query=1')).toBe(
      "select 1 format JSON SETTINGS max_threads = '1'",
    );
  });

  it.each([
    ['insert into t (a) format JSONEachRow', "insert into t (a)  SETTINGS x = '1' format JSONEachRow"],
    ['insert into t values (1)', "insert into t  SETTINGS x = '1' values (1)"],
    ['insert into t settings y=2 values (1)', "insert into t settings x = '1', y=2 values (1)"],
    ['insert into t select * from u;', "insert into t  SETTINGS x = '1' select * from u"],
    ['create table t (a Int8) engine=Memory', "create table t (a Int8) engine=Memory FORMAT Null SETTINGS x = '1'"],
    ['use db', 'use db'],
    ['select 1 -- a remark', "select 1 -- a remark SETTINGS x = '1'"],
  ])('stand where the grammar wants them: %s', (sql, expected) => {
    expect(write(sql, 'x=1')).toBe(expected);
  });

  it('cannot carry SQL in their values or names', () => {
    expect(write('select 1', "x=1'%2C y%3D2")).toContain(String.raw`x = '1\', y=2'`);
    expect(() => write('select 1', 'x%3D1%2Cy=2')).toThrow('not the name of a setting');
  });

  it('a second statement in one request is refused', () => {
    expect(() => readStatement('select 1; drop table t')).toThrow('Multi-statements');
    expect(readStatement('select 1; -- nothing more').end).toBe(8);
  });
});
