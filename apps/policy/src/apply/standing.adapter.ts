import { PLATFORM_TENANT, RevisionPublished, type PolicyEvent } from '#libs/contracts';
import { EventStore, ProjectionRunner, type Outcome } from '#libs/event-store';
import { Injectable } from '@nestjs/common';
import { policySetAggregate } from '../aggregates.js';
import { DocumentHistory, type StoredText } from '../documents/document-history.adapter.js';
import type { PolicySetState } from '../revisions/policy-set.decider.js';

type RevisionEvent = Extract<PolicyEvent, { type: 'policy.revision.published' }>;

/** What is in force where a change is to be made. */
export type Standing = {
  /** Of the tenant's stream: the number of its newest revision. */
  readonly version: number;
  readonly own: readonly StoredText[];
  readonly platform: readonly StoredText[];
};

/**
 * What is in force. A set is read from its read model, brought up to date first, and then kept for as long as the store
 * remembers the state that it belongs to; revisions of this process are put in by `took`.
 */
@Injectable()
export class StandingSets {
  private readonly kept = new WeakMap<PolicySetState, readonly StoredText[]>();

  constructor(
    private readonly store: EventStore,
    private readonly projections: ProjectionRunner,
    private readonly history: DocumentHistory,
  ) {}

  async of(tenantId: string): Promise<Standing> {
    const [own, platform] = await Promise.all([
      this.set(tenantId),
      tenantId === PLATFORM_TENANT ? undefined : this.set(PLATFORM_TENANT),
    ]);
    return { version: own.version, own: own.texts, platform: platform?.texts ?? [] };
  }

  /** A revision that was made on what stood. */
  took({ own }: Standing, { state, events }: Pick<Outcome<PolicySetState, RevisionEvent>, 'state' | 'events'>): void {
    const texts = new Map(own.map((each) => [`${each.kind}/${each.name}`, each]));
    for (const { event } of events) {
      const { revision, changes } = event.data;
      for (const { kind, name, digest, document, freeText } of changes) {
        if (document === null || digest === null) texts.delete(`${kind}/${name}`);
        else texts.set(`${kind}/${name}`, { kind, name, revision, digest, text: JSON.stringify(document), freeText });
      }
    }
    this.keep(state, [...texts.values()]);
  }

  private async set(tenantId: string): Promise<{ version: number; texts: readonly StoredText[] }> {
    // The version first: what is read after it is at least as new, and an append on an older version fails.
    const { version, state } = await this.store.load(policySetAggregate, tenantId);
    const kept = version === 0 ? [] : this.kept.get(state);
    if (kept) return { version, texts: kept };
    await this.projections.catchUp([RevisionPublished.type]);
    const texts = await this.history.texts(tenantId);
    this.keep(state, texts);
    return { version, texts };
  }

  /** Only what is the set of that state: what was read may be the next one's, or of a read model that is behind. */
  private keep(state: PolicySetState, texts: readonly StoredText[]): void {
    if (isSetOf(state, texts)) this.kept.set(state, texts);
  }
}

function isSetOf({ documents, revision }: PolicySetState, texts: readonly StoredText[]): boolean {
  return (
    documents.size === texts.length &&
    texts.every(
      (each) => each.revision <= revision && documents.get(`${each.kind}/${each.name}`)?.digest === each.digest,
    )
  );
}
