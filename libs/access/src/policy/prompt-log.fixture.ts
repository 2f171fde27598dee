import { parsePolicyStateKey, type KeptPromptVersion } from '#libs/contracts';
import type { TenantSnapshot } from '#libs/decision-engine';
import * as fc from 'fast-check';
import { digestOf, Publisher } from './policy.fixture.js';
import type { LogRecord } from './policy-log.fixture.js';
import { promptVersionsOf } from './prompt-versions.js';

/** A prompt whose text tells which version it is. */
export function prompt(name: string, content: string, env = 'production', tenant = 'acme') {
  const spec = { messages: [{ role: 'system', content }] };
  return { apiVersion: 'gatehouse/v1', kind: 'Prompt' as const, metadata: { name, tenant, tags: { env } }, spec };
}

type Versions = { versions: number; kept: readonly KeptPromptVersion[]; keys: readonly string[] };

/** What policy publishes of prompts: each record says which version it is, and which ones it keeps. */
export class PromptPublisher {
  private readonly publisher: Publisher;
  private readonly names = new Map<string, Versions>();

  constructor(
    tenantId = 'acme',
    private readonly keptMax = 20,
  ) {
    this.publisher = new Publisher(tenantId);
  }

  put(document: ReturnType<typeof prompt>): LogRecord[] {
    const { name, tags } = document.metadata;
    return this.publisher.apply([document]).map(([key, record]) => {
      const named = parsePolicyStateKey(key);
      if (named?.type !== 'document') return [key, record] as const;
      const { versions, kept, keys } = this.of(name);
      const made = { version: versions + 1, revision: named.revision, digest: digestOf(document) };
      const keeps = [...kept, ...(tags.env === 'production' ? [made] : [])].slice(-this.keptMax);
      this.names.set(name, { versions: versions + 1, kept: keeps, keys: [...keys, key] });
      return [key, { ...record, prompt: { version: made.version, kept: keeps } }] as const;
    });
  }

  delete(name: string): LogRecord[] {
    const records = this.publisher.apply([], [`Prompt/${name}`]);
    const { versions, keys } = this.of(name);
    this.names.set(name, { versions, kept: [], keys: [...keys, ...records.slice(0, 1).map(([key]) => key)] });
    return records;
  }

  /** Tombstones of what neither is in force nor kept. */
  sweep(name: string): LogRecord[] {
    const { kept, keys } = this.of(name);
    const isKept = (key: string) => kept.some(({ revision }) => key.endsWith(`@${revision}`));
    return keys.slice(0, -1).flatMap((key): LogRecord[] => (isKept(key) ? [] : [[key, null]]));
  }

  private of(name: string): Versions {
    return this.names.get(name) ?? { versions: 0, kept: [], keys: [] };
  }
}

/** What a prompt says by version: of those that may be pinned, and under `now` the one in force. */
export type Said = Readonly<Record<string, string>>;

const NAME = 'greeting';
const step = fc.record({
  does: fc.constantFrom('draft', 'promote', 'promote', 'promote', 'delete'),
  isSwept: fc.boolean(),
});

/** A topic after some changes of one prompt, of which two promoted versions are kept, and what could be pinned when. */
export const promptLogs = fc.array(step, { minLength: 2, maxLength: 10 }).map((steps) => {
  const publisher = new PromptPublisher('acme', 2);
  const history: Said[] = [{}];
  const records: LogRecord[] = [];
  let version = 0;
  for (const { does, isSwept } of steps) {
    const { now, ...before } = history.at(-1) ?? {};
    if (does === 'delete') {
      if (now === undefined) continue;
      records.push(...publisher.delete(NAME));
      history.push({});
    } else {
      version += 1;
      const text = `v${version}`;
      records.push(...publisher.put(prompt(NAME, text, does === 'promote' ? 'production' : 'staging')));
      const kept = Object.entries(before).slice(does === 'promote' ? -1 : -2);
      history.push({ ...Object.fromEntries(kept), ...(does === 'promote' && { [version]: text }), now: text });
    }
    if (isSwept) records.push(...publisher.sweep(NAME));
  }
  return { records, history };
});

/** What a snapshot's prompt says, to be compared with a history. */
export function saidBy(snapshot: TenantSnapshot, name = NAME): Said {
  const document = snapshot.document('Prompt', name);
  if (!document) return {};
  const textOf = ({ spec }: typeof document) => spec.messages[0]?.content ?? '';
  const kept = [...(promptVersionsOf(document)?.kept ?? [])].map(([version, each]) => [version, textOf(each)]);
  return { ...(Object.fromEntries(kept) as Said), now: textOf(document) };
}
