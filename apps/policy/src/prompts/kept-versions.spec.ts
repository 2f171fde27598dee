import { PROMPT_VERSIONS_KEPT_MAX, type DocumentChange } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { promptAfter, promptVersionsAfter, type PromptState } from './kept-versions.js';

const set = (env: string | undefined, digest: string): DocumentChange => {
  const document = { metadata: { name: 'greeting', ...(env && { tags: { env } }) } };
  return { kind: 'Prompt', name: 'greeting', document, digest, freeText: null };
};
const deletion: DocumentChange = { kind: 'Prompt', name: 'greeting', document: null, digest: null, freeText: null };

/** A prompt after changes, each decided as the next revision. */
function after(...changes: readonly DocumentChange[]): PromptState | undefined {
  let state: PromptState | undefined;
  for (const [n, change] of changes.entries()) {
    const prompt = promptVersionsAfter(state, change, n + 1);
    state = promptAfter(state, prompt ? { ...change, prompt } : change, n + 1);
  }
  return state;
}
const kept = (state: PromptState | undefined) => state?.kept.map(({ version, digest }) => `${version} ${digest}`);

describe('the versions that calls may pin', () => {
  it('are those that went to production, under the numbers that all versions are counted by', () => {
    const state = after(set('staging', 'a'), set('production', 'A'), set(undefined, 'b'), set('production', 'B'));
    expect([state?.versions, kept(state)]).toEqual([4, ['2 A', '4 B']]);
  });

  it('are as many as the bound, the newest of them, however many drafts come after', () => {
    const promoted = Array.from({ length: PROMPT_VERSIONS_KEPT_MAX + 3 }, (_, n) => set('production', `d${n}`));
    const state = after(...promoted, set('staging', 'x'), set('staging', 'y'));
    expect(kept(state)).toEqual(promoted.slice(3).map(({ digest }, n) => `${n + 4} ${digest}`));
  });

  it('go with the prompt, of which the next version is numbered on', () => {
    const gone = after(set('production', 'A'), deletion);
    expect([gone?.versions, kept(gone)]).toEqual([1, []]);
    const again = after(set('production', 'A'), deletion, set('production', 'A'));
    expect([again?.versions, kept(again)]).toEqual([2, ['2 A']]);
  });

  it('are, of events that say nothing of it, what was in force after the last of them', () => {
    const older = [set('production', 'A'), set('production', 'B')].reduce<PromptState | undefined>(
      (state, change, n) => promptAfter(state, change, n + 1),
      undefined,
    );
    expect(older).toEqual({ versions: 2, kept: [{ version: 2, revision: 2, digest: 'B' }] });
    expect(promptVersionsAfter(older, set('staging', 'c'), 3)).toEqual({ version: 3, kept: older?.kept });
    expect(kept(promptAfter(older, set('staging', 'c'), 3))).toEqual([]);
  });
});
