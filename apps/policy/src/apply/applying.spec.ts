import { kindNames, kinds } from '#libs/policy-language';
import { expect, it } from 'vitest';
import { applyActions, applying, onAll } from './applying.js';

it('knows the action of every kind, so that no route can be asked for one that it does not declare', () => {
  const needed = new Set(kindNames.map((kind) => kinds[kind].applyAction));
  expect(new Set<string>(applyActions)).toEqual(new Set([...needed, 'prompt:promote']));
});

it('asks for what a kind declares, on the document itself', () => {
  const asked = applying({ kind: 'Limits', name: 'demo' }, 'acme');
  expect(asked).toEqual({ action: 'limits:adjust', resource: { type: 'limits', path: 'demo', tenant: 'acme' } });
  expect(applying({ kind: 'Role', name: 'a' }, 'acme').resource.path).toBe('Role/a');
  expect(applying({ kind: 'Prompt', name: 'a' }, 'acme', true).action).toBe('prompt:promote');
  expect(applying({ kind: 'Route', name: 'a' }, 'acme', true).action).toBe('route:deploy');
  expect(onAll('policy:apply', 'acme').resource).toEqual({ type: 'policy', path: '*', tenant: 'acme' });
});
