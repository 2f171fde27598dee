import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { StrictValidationPipe } from './strict-validation.js';

const pipe = new StrictValidationPipe();
const schema = z.strictObject({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) });
const body = (value: unknown) => pipe.transform(value, { type: 'body', schema, metatype: undefined, data: undefined });
const refused = (errors: object[]) => expect.objectContaining({ status: 400, code: 'invalid_request', errors });
const detail = expect.any(String);

describe('a text that no store can keep', () => {
  it.each<[string, unknown, string]>([
    ['a NUL', { name: 'a\0b' }, '/name'],
    ['half of a surrogate pair', { name: '\ud800' }, '/name'],
    ['a NUL deep inside', { name: 'a', labels: { a: { b: ['\0'] } } }, '/labels/a/b/0'],
    ['a NUL in the name of a member', { name: 'a', labels: { 'a\0': 'b' } }, '/labels'],
  ])('is refused in a body, and its place is told: %s', async (_what, value, pointer) => {
    await expect(body(value)).rejects.toEqual(refused([{ pointer, detail }]));
  });

  it.each<[string, string, string]>([
    ['of the whole', '{"name":"a","constructor":1}', '/constructor'],
    ['of labels', '{"name":"a","labels":{"prototype":"x"}}', '/labels/prototype'],
    ['that is every object’s own', '{"name":"a","labels":{"__proto__":"x"}}', '/labels/__proto__'],
  ])('as is a member whose name the framework would drop: one %s', async (_what, text, pointer) => {
    await expect(body(JSON.parse(text))).rejects.toEqual(refused([{ pointer, detail }]));
  });

  it('as is a number that is none once it is read', async () => {
    const pointer = '/labels/budget/0';
    await expect(body(JSON.parse('{"name":"a","labels":{"budget":[1e400]}}'))).rejects.toEqual(
      refused([{ pointer, detail }]),
    );
  });

  it('is refused in a query and in a path, also where no schema looks at it', async () => {
    const query = pipe.transform(
      { after: '\0' },
      { type: 'query', schema: z.object({}), metatype: undefined, data: undefined },
    );
    await expect(query).rejects.toEqual(refused([{ parameter: 'after', detail }]));
    const id = pipe.transform('user_\0', { type: 'param', metatype: String, data: 'userId' });
    await expect(id).rejects.toEqual(refused([{ parameter: 'userId', detail }]));
  });

  it('is looked for in whatever depth a body has', async () => {
    let deep: unknown = '\0';
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    await expect(body(deep)).rejects.toMatchObject({ status: 400 });
  });

  it('is none that merely looks odd', async () => {
    const names = ['\u0001', '\ufffd', '😀', '\\u0000', '‮'];
    for (const name of names) expect(await body({ name })).toEqual({ name, labels: {} });
    expect(await pipe.transform('user_1', { type: 'param', metatype: String, data: 'userId' })).toBe('user_1');
    expect(await pipe.transform('a: "\0"', { type: 'body', metatype: String, data: undefined })).toBe('a: "\0"');
  });
});
