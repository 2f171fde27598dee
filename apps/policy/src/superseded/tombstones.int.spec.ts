import { PolicyView, promptVersionsOf } from '#libs/access';
import { topics, WATERMARK_KEY } from '#libs/contracts';
import { FakeClock, waitFor } from '#libs/testing';
import { silentLogger } from '#libs/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { account, bundle, Policy, role } from '../policy.fixture.js';
import { SupersededRecords } from './superseded-records.adapter.js';
import { SUPERSEDED_KEPT_MS, Tombstones } from './tombstones.js';

const policy = new Policy();
type Entry = { readonly key: string; readonly value: Buffer | null };

const entries = (topic: string): Entry[] =>
  policy
    .onTopic(topic)
    .map(({ key, value }) => ({ key: String(key), value: value === null ? null : Buffer.from(value) }))
    .filter(({ key }) => key !== WATERMARK_KEY);
const nowMs = (log: readonly Entry[], key: string) => log.findLast((entry) => entry.key === key)?.value;
const tombstones = (sinceMs: number) =>
  new Tombstones(
    policy.app.get(SupersededRecords, { strict: false }),
    policy.store.events,
    clockAt(sinceMs),
    silentLogger,
  );
const clockAt = (ms: number) => new FakeClock(Date.now() + ms);

const prompt = (content: string, env: string) => {
  const metadata = { name: 'greeting', tenant: 'acme', tags: { env } };
  return JSON.stringify({
    apiVersion: 'gatehouse/v1',
    kind: 'Prompt',
    metadata,
    spec: { messages: [{ role: 'user', content }] },
  });
};
const pinnable = (view: PolicyView) => {
  const found = view.snapshot('acme')?.document('Prompt', 'greeting');
  const kept = [...((found && promptVersionsOf(found)?.kept) ?? [])];
  return kept.map(([version, { spec }]) => [version, spec.messages[0]?.content]);
};

beforeAll(async () => {
  await policy.open();
  await policy.apply(
    'ada',
    bundle(role('kept', 'acme', 'first'), role('gone'), account('main'), prompt('one', 'production')),
  );
  await policy.apply(
    'ada',
    bundle(role('kept', 'acme', 'second'), role('again', 'acme', 'first'), prompt('two', 'staging')),
  );
  await policy.ask('ada', 'DELETE /v1/roles/gone', undefined, { 'if-match': '*' });
  await policy.ask('ada', 'DELETE /v1/roles/again', undefined, { 'if-match': '*' });
  await policy.apply(
    'ada',
    bundle(role('kept', 'acme', 'third'), role('again', 'acme', 'second'), prompt('one', 'production')),
  );
  for (const value of ['one', 'two']) await policy.ask('ada', 'PUT /v1/provider-accounts/main/credential', { value });
});
afterAll(() => policy.close());

it('tombstones nothing before a successor’s head is a day old', async () => {
  expect(await tombstones(SUPERSEDED_KEPT_MS - 60_000).sweep()).toBe(0);
});

it('tombstones former versions, deletions and former credentials after it, once, and never what is in force', async () => {
  expect(await tombstones(SUPERSEDED_KEPT_MS + 60_000).sweep()).toBe(8);
  expect(await tombstones(SUPERSEDED_KEPT_MS + 60_000).sweep()).toBe(0);
  await waitFor(() => entries(topics.policyState.name).filter(({ value }) => value === null).length === 7);
  const state = entries(topics.policyState.name);
  const values = ['kept@2', 'kept@3', 'kept@6', 'gone@2', 'gone@4', 'again@3', 'again@5', 'again@6'].map(
    (at) => [at, nowMs(state, `acme/Role/${at}`) !== null] as const,
  );
  expect(Object.fromEntries(values)).toEqual({
    'kept@2': false,
    'kept@3': false,
    'kept@6': true,
    'gone@2': false,
    'gone@4': false,
    'again@3': false,
    'again@5': false,
    'again@6': true,
  });
  // Of a prompt, the draft goes; what calls may pin does not.
  const versions = [2, 3, 6].map((at) => nowMs(state, `acme/Prompt/greeting@${at}`) !== null);
  expect(versions).toEqual([true, false, true]);
  await waitFor(() => nowMs(entries(topics.policySecrets.name), 'acme/main@1') === null);
  expect(nowMs(entries(topics.policySecrets.name), 'acme/main@2')).toBeInstanceOf(Buffer);
});

it('lets who reads late build the set in force, whatever compaction has taken by then', () => {
  const log = entries(topics.policyState.name);
  const last = new Map(log.map(({ key }, at) => [key, at]));
  const whole = viewOf(log).snapshot('acme')?.policyRevision;
  expect(whole).toBe(6);
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = randomOf(seed);
    // Compaction may take any record but a key's last one, and a tombstone when all before it is gone.
    const left = log.filter(({ key }, at) => last.get(key) === at || random() < 0.5);
    const isGone = (key: string) => left.filter((entry) => entry.key === key).length === 1;
    const compacted = left.filter(({ key, value }) => value !== null || !isGone(key) || random() < 0.5);
    const view = viewOf(compacted);
    expect([seed, view.snapshot('acme')?.policyRevision, view.alarms()]).toEqual([seed, 6, []]);
    expect(pinnable(view)).toEqual([
      [1, 'one'],
      [3, 'one'],
    ]);
    expect(
      view
        .snapshot('acme')
        ?.documentsOf('Role')
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    ).toEqual(['again', 'kept']);
  }
});

it('the list is the same when it is built again, and when every event comes twice', async () => {
  const content = async () =>
    JSON.stringify(await policy.rows('select * from superseded_records_v1 t order by t::text'));
  const live = await content();
  await policy.store.projections.rebuild('superseded_records_v1');
  expect(await content()).toBe(live);
  await policy.store.em.fork().execute("update projections set position = 0 where name = 'superseded_records_v1'");
  await policy.store.projections.catchUp();
  expect(await content()).toBe(live);
});

function viewOf(log: readonly Entry[]): PolicyView {
  const view = new PolicyView();
  for (const { key, value } of log) view.apply(key, value);
  return view;
}

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
