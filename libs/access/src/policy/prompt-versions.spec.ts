import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentKey, headKey } from '#libs/contracts';
import { watchedView } from './policy.fixture.js';
import { compacted, type LogRecord } from './policy-log.fixture.js';
import type { PolicyView } from './policy-view.js';
import { prompt, PromptPublisher, promptLogs, saidBy } from './prompt-log.fixture.js';

/** Raise it by hand for a long run. */
const LOGS = 30;
const HEAD = headKey('acme');
const said = (view: PolicyView) => {
  const snapshot = view.snapshot('acme');
  return snapshot && saidBy(snapshot);
};

it('serves, wherever the topic is cut and however it was compacted, the versions that the last head’s set keeps', () => {
  let kept = 0;
  fc.assert(
    fc.property(promptLogs, fc.infiniteStream(fc.boolean()), fc.nat(), ({ records, history }, coins, cleaned) => {
      const flip = () => coins.next().value === true;
      for (let cut = 0; cut <= records.length; cut += 1) {
        const read = records.slice(0, cut);
        const { view, put } = watchedView();
        for (const record of compacted(read, cleaned % (cut + 1), flip)) {
          put([record]);
          const snapshot = view.snapshot('acme');
          // Also on its way: whatever decides serves the versions of just its revision.
          expect(snapshot && saidBy(snapshot)).toEqual(snapshot && history[snapshot.policyRevision]);
        }
        const head = read.findLast(([key]) => key === HEAD)?.[1] as { revision: number } | undefined;
        expect([said(view), view.alarms()]).toEqual([history[head?.revision ?? 0], []]);
        kept += Object.keys(said(view) ?? {}).length;
      }
    }),
    { numRuns: LOGS },
  );
  expect(kept).toBeGreaterThan(LOGS);
}, 60_000);

describe('a promoted version', () => {
  it('is not there before the head that promotes it, and stays with a draft after it', () => {
    const { view, put } = watchedView();
    const publisher = new PromptPublisher();
    put(publisher.put(prompt('greeting', 'one')));
    const [document, head] = publisher.put(prompt('greeting', 'two')) as [LogRecord, LogRecord];
    put([document]);
    expect(said(view)).toEqual({ 1: 'one', now: 'one' });
    put([head]);
    expect(said(view)).toEqual({ 1: 'one', 2: 'two', now: 'two' });
    put(publisher.put(prompt('greeting', 'three', 'staging')));
    expect(said(view)).toEqual({ 1: 'one', 2: 'two', now: 'three' });
  });

  it('is not served by what was decided before it, nor taken from what was', () => {
    const { view, put } = watchedView();
    const publisher = new PromptPublisher('acme', 1);
    put(publisher.put(prompt('greeting', 'one')));
    const before = view.snapshot('acme');
    put(publisher.put(prompt('greeting', 'two')));
    put(publisher.sweep('greeting'));
    expect(before && saidBy(before)).toEqual({ 1: 'one', now: 'one' });
    expect(said(view)).toEqual({ 2: 'two', now: 'two' });
    expect(view.versionsHeld).toBe(1);
  });

  it('goes with its prompt, and does not come back with a new one of that name', () => {
    const { view, put } = watchedView();
    const publisher = new PromptPublisher();
    put(publisher.put(prompt('greeting', 'one')));
    put(publisher.delete('greeting'));
    expect([said(view), view.versionsHeld]).toEqual([{}, 0]);
    put(publisher.put(prompt('greeting', 'two')));
    expect(said(view)).toEqual({ 2: 'two', now: 'two' });
  });

  it('is another’s where both have the same text, for who only read the last of them', () => {
    const publisher = new PromptPublisher();
    const first = publisher.put(prompt('greeting', 'same'));
    const later = [
      ...publisher.put(prompt('greeting', 'other', 'staging')),
      ...publisher.put(prompt('greeting', 'same')),
    ];
    const { view, put } = watchedView();
    put(first);
    // Compaction leaves of the heads the last one.
    put(later.filter(([key], at) => key !== HEAD || at === later.length - 1));
    expect(said(view)).toEqual({ 1: 'same', 3: 'same', now: 'same' });
  });

  it('is there after a snapshot', () => {
    const { view, put } = watchedView();
    const publisher = new PromptPublisher();
    put([...publisher.put(prompt('greeting', 'one')), ...publisher.put(prompt('greeting', 'two', 'staging'))]);
    const { view: restored } = watchedView();
    restored.import(view.export());
    expect(said(restored)).toEqual({ 1: 'one', now: 'two' });
  });
});

describe('a set', () => {
  const published = () => {
    const publisher = new PromptPublisher();
    return [publisher.put(prompt('greeting', 'one')), publisher.put(prompt('greeting', 'two'))] as const;
  };
  const first = documentKey('acme', 'Prompt', 'greeting', 1);
  const other = { document: prompt('greeting', 'forged'), digest: 'f'.repeat(64) };

  it.each([
    ['missing', null],
    ['unreadable', '{'],
    ['another one', other],
  ])('with a kept version that is %s is not in force, and is when it is mended', (_what, bad) => {
    const [one, two] = published();
    const { view, put, faults } = watchedView();
    put([...one, [first, bad], ...two]);
    expect(said(view)).toEqual({ 1: 'one', now: 'one' });
    expect(faults).toEqual(['acme: version 1 of Prompt/greeting is not there']);
    put(one.slice(0, 1));
    expect([said(view), view.alarms()]).toEqual([{ 1: 'one', 2: 'two', now: 'two' }, []]);
  });

  it('with versions beside a document that is no prompt, or of revisions to come, is not in force', () => {
    const [one, [[key, record], head]] = published() as [LogRecord[], [[string, object], LogRecord]];
    const kept = [{ version: 1, revision: 9, digest: 'f'.repeat(64) }];
    const { view, put, faults } = watchedView();
    put([...one, [key, { ...record, prompt: { version: 2, kept } }], head]);
    expect([said(view), faults]).toEqual([{ 1: 'one', now: 'one' }, ['acme: unreadable document Prompt/greeting']]);
  });

  it('from before versions were kept is in force as ever, and nothing of it can be pinned', () => {
    const [[[key, record], head]] = published() as unknown as [[[string, { prompt?: unknown }], LogRecord]];
    const { prompt: _, ...older } = record;
    const { view, put } = watchedView();
    put([[key, older], head]);
    expect([said(view), view.alarms()]).toEqual([{ now: 'one' }, []]);
  });
});
