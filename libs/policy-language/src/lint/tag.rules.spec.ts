import { describe, expect, it } from 'vitest';
import { at, base, errorsOf, lint, settings, withCondition, type Loose } from './lint.fixture.js';

describe('tags, under a tag schema', () => {
  const tagged = (tags: object) => ({ ...base[1], metadata: { name: 'main/other', tags } }) as Loose;

  it('take declared values only', () => {
    expect(errorsOf(settings, tagged({ env: 'stagin' }))).toEqual([
      'unknown-value | Model/main/other | /metadata/tags/env | Did you mean "staging"?',
    ]);
  });

  it.each([
    ['Route', { model: 'm', strategy: 'priority', targets: [{ model: 'main/gpt-4' }] }],
    ['Prompt', { messages: [{ role: 'user', content: 'x' }] }],
    ['McpServer', { url: 'https://tools.example/mcp', transport: 'streamable-http' }],
  ])('are held to it on a %s as on a model', (kind, spec) => {
    const of = (tags: object): Loose => ({ kind, metadata: { name: 'other', tags }, spec });
    expect(errorsOf(settings, of({ env: 'stagin', teir: 'x' }))).toEqual([
      `unknown-value | ${kind}/other | /metadata/tags/env | Did you mean "staging"?`,
      `unknown-tag | ${kind}/other | /metadata/tags/teir | Did you mean "tier"?`,
    ]);
    expect(errorsOf(settings, of({ env: 'staging', tier: 'x' }))).toEqual([]);
  });

  it('are errors when misspelt, and warnings when merely undeclared', () => {
    expect(errorsOf(settings, tagged({ env: 'staging', teir: 'x' }))).toEqual([
      'unknown-tag | Model/main/other | /metadata/tags/teir | Did you mean "tier"?',
    ]);
    expect(lint([...base, settings, tagged({ env: 'staging', family: 'gpt' })]).warnings).toEqual([
      'unknown-tag | Model/main/other | /metadata/tags/family',
    ]);
  });

  it('in conditions must be declared or in use', () => {
    expect(
      errorsOf(
        settings,
        withCondition({ attr: 'resource.tags.faimly', eq: 'x' }),
        tagged({ env: 'staging', family: 'gpt' }),
      ),
    ).toEqual([`unknown-tag | Role/r | ${at('/when/0/attr')} | Did you mean "family"?`]);
    expect(errorsOf(settings, withCondition({ attr: 'resource.tags.env', eq: 'produktion' }))).toEqual([
      `unknown-value | Role/r | ${at('/when/0/eq')} | Did you mean "production"?`,
    ]);
  });
});
