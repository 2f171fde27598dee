import type { Finding } from '#libs/contracts';
import type { TenantSnapshot } from '#libs/decision-engine';
import { findingId } from './finding-id.js';

/** Kinds of things with tags, beside models, that rules about environments are meant to reach. */
const TAGGED_KINDS = ['Route', 'Prompt', 'McpServer'] as const;
type Untagged = Omit<Extract<Finding, { kind: 'document-untagged' }>, 'at'>;

/** A snapshot never changes; looking at all documents again is for the next revision. */
const found = new WeakMap<TenantSnapshot, readonly Untagged[]>();

/** Documents of a tenant without `env`: what is said about production or staging is not said about them. */
export function documentFindings(snapshot: TenantSnapshot, nowMs: number): readonly Finding[] {
  const known = found.get(snapshot) ?? lookAt(snapshot);
  found.set(snapshot, known);
  const at = new Date(nowMs).toISOString();
  return known.map((finding) => ({ ...finding, at }));
}

function lookAt(snapshot: TenantSnapshot): readonly Untagged[] {
  const tenantId = snapshot.tenant;
  return TAGGED_KINDS.flatMap((kind) =>
    snapshot.documentsOf(kind).flatMap(({ metadata }): Untagged[] => {
      // The platform's own are its administrators' to tag.
      if (metadata.tenant !== tenantId || metadata.tags?.['env'] !== undefined) return [];
      const document = `${kind}/${metadata.name}`;
      return [
        {
          kind: 'document-untagged',
          findingId: findingId('document-untagged', tenantId, document),
          tenantId,
          document,
        },
      ];
    }),
  );
}
