import type { DocumentOf, Kind, PolicyDocument } from '#libs/policy-language';
import type { SubjectBoundaries } from '../boundaries/compiled-boundary.js';
import { Catalogue, type CatalogueModel } from '../catalogue/catalogue.js';
import { TaggedResources } from '../catalogue/tagged-resources.js';
import { ReachMemory } from '../deciding/reach-memory.js';
import type { CompiledSet } from '../sets/compiled-set.js';
import type { SubjectGrants } from '../statements/grant.js';
import { SubjectIndex } from '../subjects/subject-index.js';

/** Names the way decisions are made; stored with each, so that one can be made again by the same rules. */
export const ENGINE_VERSION = '1';

/** The compiled parts, for this lib only. */
export type Compiled = {
  readonly own: CompiledSet;
  readonly platform: CompiledSet;
  readonly catalogue: Catalogue;
  readonly tagged: TaggedResources;
  readonly grants: SubjectIndex<SubjectGrants>;
  readonly boundaries: SubjectIndex<SubjectBoundaries>;
  /** Whether any condition asks for `request.operation`. */
  readonly readsOperation: boolean;
  readonly memory: ReachMemory;
};

type Revisions = { readonly tenant: string; readonly policyRevision: number; readonly platformRevision: number };

/** One tenant's policy, compiled: one revision of its own set and one of the platform's. Never changed, only replaced. */
export class TenantSnapshot {
  readonly engineVersion = ENGINE_VERSION;
  readonly tenant: string;
  readonly policyRevision: number;
  readonly platformRevision: number;
  readonly compiled: Compiled;
  /** The settings of the tenant, or those that the platform gives to tenants that have none. */
  readonly settings: DocumentOf<'TenantSettings'>['spec'] | undefined;
  private readonly byKind = new Map<Kind, readonly PolicyDocument[]>();

  constructor(revisions: Revisions, own: CompiledSet, platform: CompiledSet, former?: Compiled) {
    this.tenant = revisions.tenant;
    this.policyRevision = revisions.policyRevision;
    this.platformRevision = revisions.platformRevision;
    this.compiled = together(own, platform, former);
    this.settings = (settingsIn(own) ?? settingsIn(platform))?.spec;
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
    const { own, platform } = this.compiled;
    const id = `${kind}/${name}`;
    return (own.documents.get(id) ?? platform.documents.get(id)) as DocumentOf<K> | undefined;
  }

  /** All documents of a kind in force, by name. */
  documentsOf<K extends Kind>(kind: K): readonly DocumentOf<K>[] {
    const known = this.byKind.get(kind) ?? this.gather(kind);
    this.byKind.set(kind, known);
    return known as unknown as readonly DocumentOf<K>[];
  }

  private gather(kind: Kind): readonly PolicyDocument[] {
    const { own, platform } = this.compiled;
    const sets = [platform, own].map(({ byKind }) => byKind.get(kind));
    const byName = new Map(sets.flatMap((documents) => [...(documents?.entries() ?? [])]));
    return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, document]) => document);
  }
}

function together(own: CompiledSet, platform: CompiledSet, former: Compiled | undefined): Compiled {
  const catalogue = former?.catalogue.of(own.models, platform.models) ?? new Catalogue(own.models, platform.models);
  const grants = new SubjectIndex([platform.grants, own.grants]);
  const boundaries = new SubjectIndex([platform.boundaries, own.boundaries]);
  const isSame =
    former?.catalogue === catalogue && hasSameRules(former.own, own) && hasSameRules(former.platform, platform);
  return {
    own,
    platform,
    catalogue,
    tagged: new TaggedResources(own.tagged, platform.tagged),
    grants,
    boundaries,
    readsOperation: own.operationReaders + platform.operationReaders > 0,
    // What was looked up rests on these alone; revisions of limits or prompts begin with all of it.
    memory: isSame ? former.memory : new ReachMemory(grants, boundaries),
  };
}

const hasSameRules = (one: CompiledSet, other: CompiledSet) =>
  one.grants === other.grants && one.boundaries === other.boundaries;

function settingsIn({ byKind }: CompiledSet): DocumentOf<'TenantSettings'> | undefined {
  const [settings] = byKind.get('TenantSettings')?.values() ?? [];
  return settings as DocumentOf<'TenantSettings'> | undefined;
}
