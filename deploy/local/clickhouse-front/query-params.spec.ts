import { describe, expect, it } from 'vitest';
import { bindParams } from './query-params.js';

const bind = (sql: string, params: Record<string, string>) =>
  bindParams(sql, new Map(Object.entries(params)), Infinity);

describe('server-side parameters', () => {
  it('a value cannot leave its literal', () => {
    const sql = bind('select {s:String}', { s: "x' OR 1=1 -- \\\\' \\t" });
    expect(sql).toBe(String.raw`select 'x\' OR 1=1 -- \\\' ${'\t'}'`);
  });

  it('an identifier cannot leave its quotes', () => {
    expect(bind('select * from {t:Identifier}', { t: 'a`; drop table b' })).toBe('select * from `a\\`; drop table b`');
  });

  it('leaves braces in strings, comments and quoted names alone', () => {
    const sql = "select '{s:String}', `{s:String}` /* {s:String} */ -- {s:String}";
    expect(bind(sql, { s: 'x' })).toBe(sql);
  });

  it('casts to the declared type', () => {
    expect(bind('select {i: UInt64}, {a:Array(String)}', { i: '7', a: "['x\\'y']" })).toBe(
      String.raw`select _CAST('7', 'UInt64'), _CAST('[\'x\\\'y\']', 'Array(String)')`,
    );
  });

  it('says null for the null mark', () => {
    expect(bind('select {n:Nullable(Int8)}', { n: '\\N' })).toBe("select _CAST(NULL, 'Nullable(Int8)')");
  });

  it('rebuilds a map from literals only, and refuses anything else in one', () => {
    expect(bind('select {m:Map(String,UInt8)}', { m: "{'a:b':1}" })).toBe(
      "select _CAST(map('a:b',1), 'Map(String,UInt8)')",
    );
    expect(() => bind('select {m:Map(String,UInt8)}', { m: "{'a':version()}" })).toThrow('cannot be read as Map');
  });

  it('refuses a statement whose parameter was not sent, with the code of the server', () => {
    expect(() => bind('select {x:Int8}', {})).toThrow('Code: 456');
  });

  it('takes time in proportion to the length, also for a quote that never ends', () => {
    const started = performance.now();
    bind(`select '${"\\\\''a".repeat(200_000)}`, {});
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
