import { type PolicyDocument } from '#libs/policy-language';
import { accountOf } from '../catalogue/catalogue.js';
import type { CompiledSet } from './compiled-set.js';
import { kindIn, nameIn, type DocumentSet } from './document-set.js';

/** One document whose compiled form may be another now; both are the same where only what it refers to changed. */
export type DocumentChange = {
  readonly before: PolicyDocument | undefined;
  readonly after: PolicyDocument | undefined;
};

/** The platform's documents, in which a tenant's bindings find roles: those compiled with before, and those now. */
export type PlatformRoles = { readonly before: DocumentSet; readonly after: DocumentSet };

/**
 * The documents that must be compiled again: those that differ, the bindings of roles that differ here or in the
 * platform's set, and the models of accounts that differ.
 */
export function changesOf(
  former: CompiledSet,
  documents: DocumentSet,
  platform: PlatformRoles,
): ReadonlyMap<string, DocumentChange> {
  const changes = new Map<string, DocumentChange>();
  for (const [id, before, after] of former.documents.differences(documents)) changes.set(id, { before, after });
  const again = (id: string) => {
    const document = documents.get(id);
    if (document && !changes.has(id)) changes.set(id, { before: document, after: document });
  };
  const bindingsOf = (role: string) => [...(former.bindingsOfRole.get(role)?.entries() ?? [])];
  const differing = [...changes.keys(), ...changedRoles(platform)];
  for (const id of differing) {
    if (kindIn(id) === 'Role') for (const [name] of bindingsOf(nameIn(id))) again(`RoleBinding/${name}`);
    if (kindIn(id) === 'ProviderAccount') for (const model of modelsOf(former, nameIn(id))) again(`Model/${model}`);
  }
  return changes;
}

function changedRoles({ before, after }: PlatformRoles): readonly string[] {
  return Array.from(before.differences(after), ([id]) => id).filter((id) => kindIn(id) === 'Role');
}

function modelsOf({ models }: CompiledSet, account: string): readonly string[] {
  return Array.from(models.entries(), ([name]) => name).filter((name) => accountOf(name) === account);
}
