import type { DocumentOf, Kind, PolicyDocument } from '#libs/policy-language';
import type { CompiledBoundary } from '../boundaries/compiled-boundary.js';
import type { Catalogue, CatalogueModel } from '../catalogue/catalogue.js';
import type { TaggedResources } from '../catalogue/tagged-resources.js';
import type { SubjectGrants } from '../statements/grant.js';
import type { SubjectIndex } from '../subjects/subject-index.js';

/** Names the way decisions are made; stored with each, so that one can be made again by the same rules. */
export const ENGINE_VERSION = '1';

/** The compiled parts, for this lib only. */
export type Compiled = {
  readonly catalogue: Catalogue;
  readonly tagged: TaggedResources;
  readonly grants: SubjectIndex<SubjectGrants>;
  readonly boundaries: SubjectIndex<CompiledBoundary[]>;
  /** Whether any condition asks for `request.operation`. */
  readonly readsOperation: boolean;
};

/** One tenant's policy, compiled: one revision of its own set and one of the platform's. Never changed, only replaced. */
export class TenantSnapshot {
  readonly engineVersion = ENGINE_VERSION;
  /** The tenant's settings, where it has set any. */
  readonly settings: DocumentOf<'TenantSettings'>['spec'] | undefined;
  private readonly byId: ReadonlyMap<string, PolicyDocument>;

  constructor(
    readonly tenant: string,
    readonly policyRevision: number,
    readonly platformRevision: number,
    documents: readonly PolicyDocument[],
    readonly compiled: Compiled,
  ) {
    this.byId = new Map(documents.map((document) => [`${document.kind}/${document.metadata.name}`, document]));
    this.settings = documents.find((document) => document.kind === 'TenantSettings')?.spec;
  }

  /** Models of the tenant and of the platform, by name. */
  get models(): readonly CatalogueModel[] {
    return this.compiled.catalogue.models;
  }

  /** A model as callers name it. */
  model(name: string): CatalogueModel | undefined {
    return this.compiled.catalogue.find(name);
  }

  /** A document in force, the tenant's own before the platform's. */
  document<K extends Kind>(kind: K, name: string): DocumentOf<K> | undefined {
    return this.byId.get(`${kind}/${name}`) as DocumentOf<K> | undefined;
  }

  /** All documents of a kind in force. */
  documentsOf<K extends Kind>(kind: K): readonly DocumentOf<K>[] {
    return [...this.byId.values()].filter((document) => document.kind === kind) as unknown as readonly DocumentOf<K>[];
  }
}
