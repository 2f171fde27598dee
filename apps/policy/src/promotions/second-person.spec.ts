import type { DocumentChange } from '#libs/contracts';
import { expect, it } from 'vitest';
import { hasSecondPerson, isPromotion, type Version } from './second-person.js';

const prompt = (env: string | undefined, content = 'Hello', more: object = {}) => ({
  kind: 'Prompt',
  metadata: { name: 'p', tenant: 'acme', ...(env && { tags: { env } }), ...more },
  spec: { messages: [{ role: 'user', content }] },
});
const change = (document: Record<string, unknown>): DocumentChange => {
  return { kind: 'Prompt', name: 'p', document, digest: JSON.stringify(document), freeText: null };
};
const version = (author: string, document: Record<string, unknown>, isRestored = false): Version => {
  return { author, document, digest: JSON.stringify(document), isRestored };
};
const production = change(prompt('production'));

it('lets another person promote what somebody wrote', () => {
  expect(hasSecondPerson(production, [version('mona', prompt('staging'))], 'ada')).toBe(true);
  expect(hasSecondPerson(production, [version('mona', prompt(undefined))], 'ada')).toBe(true);
});

it.each([
  ['the same person twice', [version('ada', prompt('staging'))]],
  ['nobody before', []],
  ['another’s different text', [version('mona', prompt('staging', 'Hello!'))]],
  ['another’s text under other tags', [version('mona', prompt('staging', 'Hello', { tags: { env: 'x', tier: 'y' } }))]],
  ['somebody who rolled back over it', [version('ada', prompt('staging')), version('mona', prompt('staging'), true)]],
])('does not take %s for a second person', (_, versions) => {
  expect(hasSecondPerson(production, versions, 'ada')).toBe(false);
});

it('lets what was in production before come back by one person', () => {
  const versions = [version('ada', prompt('production')), version('ada', prompt('staging', 'worse'))];
  expect(hasSecondPerson(production, versions, 'ada')).toBe(true);
});

it('concerns prompts and routes in production, and nothing else', () => {
  expect(isPromotion(production)).toBe(true);
  expect(isPromotion({ ...production, kind: 'Route' })).toBe(true);
  expect(isPromotion({ ...production, kind: 'Model' })).toBe(false);
  expect(isPromotion(change(prompt('staging')))).toBe(false);
});
