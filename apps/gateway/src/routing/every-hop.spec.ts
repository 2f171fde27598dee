import { readFileSync } from 'node:fs';
import type { CatalogueModel } from '#libs/decision-engine';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chooseTarget, nextTarget, type Choice } from './choose-target.js';
import type { CompiledRoute } from './routes-in-force.js';

type Case = {
  name: string;
  targets: string[];
  onDenied: CompiledRoute['onDenied'];
  /** What the engine lets this caller use. */
  usable: string[];
  /** `after`: where the call goes on as one target after the other fails. */
  expected: { allowed: boolean; target: string; reason?: string; after?: string[] };
};
type Matrix = { rule: string; prices: Record<string, string>; cases: Case[] };

const file = new URL('../../cases/06-every-hop.yaml', import.meta.url);
const matrix = parse(readFileSync(file, 'utf8')) as Matrix;
const model = (name: string) => {
  const perRequest = matrix.prices[name];
  return perRequest === undefined ? undefined : ({ cost: { perRequest, currency: 'USD' } } as CatalogueModel);
};

describe.each([matrix])('$rule', ({ cases }) => {
  it.each(cases)('$name', ({ targets, onDenied, usable, expected }) => {
    const listed = targets.map((name, priority) => ({ model: name, priority, weight: 1, fallbackOn: [] }));
    const route: CompiledRoute = {
      name: 'r',
      rule: 'Route/r',
      model: 'virtual',
      subjects: undefined,
      metadata: undefined,
      strategy: 'priority',
      targets: listed,
      onDenied,
      sticky: undefined,
    };
    const ground = { model, mayUse: (name: string) => usable.includes(name) };
    const { isAllowed, target, reason, ...rest } = chooseTarget(route, listed, ground);
    const { after, ...first } = expected;
    expect(isAllowed ? { allowed: true, target, reason } : { allowed: false, target }).toEqual(first);
    if (after === undefined) return;
    const further: string[] = [];
    let choice: Choice | undefined = { target, reason, ...rest };
    while ((choice = nextTarget(choice, ground))) further.push(choice.target);
    expect(further).toEqual(after);
  });
});
