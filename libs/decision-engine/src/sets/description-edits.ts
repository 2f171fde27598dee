import type { DocumentOf, Kind, PolicyDocument } from '#libs/policy-language';
import { accountOf, modelOf, type CatalogueModel } from '../catalogue/catalogue.js';
import { taggedBy } from '../catalogue/tagged-resources.js';
import type { ResourceView } from '../conditions/resource-view.js';
import { PersistentMap, type MapEdit } from '../persistent/persistent-map.js';
import type { CompiledSet } from './compiled-set.js';
import { kindIn, nameIn, readsOperation, type DocumentSet } from './document-set.js';

type Described = Omit<CompiledSet, 'grants' | 'boundaries' | 'statements'>;

/** Gathers what documents say besides granting and forbidding: kinds, models, tags, which bindings name which roles. */
export class DescriptionEdits {
  private readonly kinds = new Map<Kind, MapEdit<PolicyDocument>>();
  private readonly roles = new Map<string, MapEdit<true>>();
  private readonly models: MapEdit<CatalogueModel>;
  private readonly tagged: MapEdit<ResourceView>;
  private operationReaders: number;

  constructor(
    private readonly former: CompiledSet,
    private readonly documents: DocumentSet,
  ) {
    this.models = former.models.begin();
    this.tagged = former.tagged.begin();
    this.operationReaders = former.operationReaders;
  }

  change(id: string, before: PolicyDocument | undefined, after: PolicyDocument | undefined): void {
    const [kind, name] = [kindIn(id), nameIn(id)];
    put(this.kindOf(kind), name, after);
    this.operationReaders += Number(readsOperation(after)) - Number(readsOperation(before));
    if (kind === 'Model') put(this.models, name, after && this.modelOf(after as DocumentOf<'Model'>));
    const described = after ?? before;
    const view = described && taggedBy(described);
    if (view) put(this.tagged, `${view.type}:${name}`, after && view);
    if (before?.kind === 'RoleBinding') for (const role of before.spec.roles) this.roleOf(role).delete(name);
    if (after?.kind === 'RoleBinding') for (const role of after.spec.roles) this.roleOf(role).set(name, true);
  }

  done(): Described {
    const byKind = new Map(this.former.byKind);
    for (const [kind, edit] of this.kinds) byKind.set(kind, edit.done());
    const bindingsOfRole = this.former.bindingsOfRole.begin();
    for (const [role, edit] of this.roles) {
      const bindings = edit.done();
      put(bindingsOfRole, role, bindings.size > 0 ? bindings : undefined);
    }
    return {
      documents: this.documents,
      byKind,
      models: this.models.done(),
      tagged: this.tagged.done(),
      bindingsOfRole: bindingsOfRole.done(),
      operationReaders: this.operationReaders,
    };
  }

  private modelOf(document: DocumentOf<'Model'>): CatalogueModel {
    const account = this.documents.get(`ProviderAccount/${accountOf(document.metadata.name)}`);
    return modelOf(document, account?.kind === 'ProviderAccount' ? account : undefined);
  }

  private kindOf(kind: Kind): MapEdit<PolicyDocument> {
    return editIn(this.kinds, kind, this.former.byKind.get(kind));
  }

  private roleOf(role: string): MapEdit<true> {
    return editIn(this.roles, role, this.former.bindingsOfRole.get(role));
  }
}

function put<Value>(edit: MapEdit<Value>, key: string, value: Value | undefined): void {
  if (value === undefined) edit.delete(key);
  else edit.set(key, value);
}

function editIn<Key, Value>(
  edits: Map<Key, MapEdit<Value>>,
  key: Key,
  former: PersistentMap<Value> = PersistentMap.empty(),
): MapEdit<Value> {
  const known = edits.get(key);
  if (known) return known;
  const made = former.begin();
  edits.set(key, made);
  return made;
}
