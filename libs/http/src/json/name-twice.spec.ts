import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { nameTwiceIn } from './name-twice.js';

it.each<[string, string[] | undefined]>([
  ['{"a":1,"a":1}', ['a']],
  ['{"a":1,"\\u0061":2}', ['a']],
  ['{"":1,"":2}', ['']],
  ['{"a":{"b":[0,{"c":1,"d":{},"c":2}]}}', ['a', 'b', '1', 'c']],
  ['[[],[{"x":",","y":"\\"}","x":1}]]', ['1', '0', 'x']],
  ['{"__proto__":1,"__proto__":2}', ['__proto__']],
  ['{"a":"\\\\","a":1}', ['a']],
  ['{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}', undefined],
  ['{"a":"a","b":["a","a"],"A":1}', undefined],
  ['"a"', undefined],
])('in %s it finds %j', (text, path) => {
  expect(nameTwiceIn(text)).toEqual(path);
});

it('finds none in what JSON.stringify writes, and each that is put in', () => {
  const holding = fc.tuple(fc.dictionary(fc.string(), fc.json()), fc.string(), fc.json());
  fc.assert(
    fc.property(fc.jsonValue(), holding, (value, [object, name, twice]) => {
      expect(nameTwiceIn(JSON.stringify(value))).toBeUndefined();
      const members = Object.entries(object).filter(([other]) => other !== name);
      const texts = members.map(([key, json]) => `${JSON.stringify(key)}:${json}`);
      const member = `${JSON.stringify(name)}:${JSON.stringify(twice)}`;
      expect(nameTwiceIn(`{${[member, ...texts].join(',')}}`)).toBeUndefined();
      expect(nameTwiceIn(`{${[member, ...texts, member].join(',')}}`)).toEqual([name]);
    }),
  );
});

it('is not held up by depth, long texts or many backslashes', () => {
  expect(nameTwiceIn(`${'['.repeat(500_000)}${']'.repeat(500_000)}`)).toBeUndefined();
  const long = JSON.stringify({ a: 'x'.repeat(4_000_000), b: '\\"'.repeat(1_000_000), c: '\\'.repeat(1_000_000) });
  expect(nameTwiceIn(long)).toBeUndefined();
});
