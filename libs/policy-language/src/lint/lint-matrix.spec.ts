import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkBundle } from '../bundle/check-bundle.js';
import type { Finding } from '../bundle/finding.js';

/** One text, what stands beside it in the bundle, and every finding in it: `<line>:<column> <rule>[: <suggestion>]`. */
type Case = { name: string; base?: string; text: string; errors: string[]; warnings?: string[] };
type Matrix = { rule: string; base?: string; cases: Case[] };

const folder = new URL('../../cases/', import.meta.url);
const matrices = readdirSync(folder)
  .toSorted()
  .map((file) => parse(readFileSync(new URL(file, folder), 'utf8')) as Matrix);

const line = ({ line, column, rule, suggestion }: Finding) =>
  `${line}:${column} ${rule}${suggestion === undefined ? '' : `: ${suggestion}`}`;

describe.each(matrices)('$rule', ({ base = '', cases }) => {
  it.each(cases)('$name', ({ base: own = base, text, errors, warnings = [] }) => {
    const files = [{ name: 'text.yaml', text }, ...(own === '' ? [] : [{ name: 'base.yaml', text: own }])];
    const found = checkBundle(files, { tenantDocuments: [], platformDocuments: [] });
    for (const finding of [...found.errors, ...found.warnings]) expect(finding.file).toBe('text.yaml');
    expect({ errors: found.errors.map(line), warnings: found.warnings.map(line) }).toEqual({ errors, warnings });
  });
});
