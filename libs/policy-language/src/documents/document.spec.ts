import { expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';
import { PolicyDocumentError, readDocument, secretRefsOf } from './document.js';
import { subjectsOf, withSubjects } from './rewrite-subjects.js';

const binding = {
  apiVersion: 'gatehouse/v1',
  kind: 'RoleBinding',
  metadata: { name: 'b', tenant: 'acme' },
  spec: { subjects: ['user:ana@acme.example', 'team:ds'], roles: ['viewer'] },
};

it('has one canonical form for one document, in whichever order it was written', () => {
  const { spec, ...rest } = binding;
  expect(canonicalJson({ spec, ...rest })).toBe(canonicalJson(binding));
  expect(canonicalJson({ b: [1, 'ü\n'], a: { d: null, c: undefined } })).toBe(
    String.raw`{"a":{"d":null},"b":[1,"ü\n"]}`,
  );
  expect(() => canonicalJson({ a: Number.NaN })).toThrow(TypeError);
});

it('is read strictly, and given back as it was', () => {
  expect(canonicalJson(readDocument(binding))).toBe(canonicalJson(binding));
  expect(() => readDocument({ ...binding, extra: 1 })).toThrow(PolicyDocumentError);
  expect(() => readDocument({ ...binding, kind: 'constructor' })).toThrow(PolicyDocumentError);
  expect(() => readDocument(null)).toThrow(PolicyDocumentError);
});

it('has its subjects renamed where they stand, and nowhere else', () => {
  const document = readDocument(binding);
  const renamed = withSubjects(document, (subject) => subject.replace('user:ana@acme.example', 'user:user_1'));
  expect(subjectsOf(renamed)).toEqual(['user:user_1', 'team:ds']);
  expect(subjectsOf(document)).toEqual(binding.spec.subjects);
});

it('names the credentials that it needs', () => {
  const spec = { provider: 'openai', baseUrl: 'https://upstream.example/v1', credential: { secretRef: 'main' } };
  expect(secretRefsOf(readDocument({ ...binding, kind: 'ProviderAccount', spec }))).toEqual(['main']);
  expect(secretRefsOf(readDocument(binding))).toEqual([]);
});
