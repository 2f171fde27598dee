import {
  ENVIRONMENT_TAG,
  isPattern,
  PLATFORM,
  readResourcePattern,
  type DocumentOf,
  type ModelType,
  type PolicyDocument,
  type ResourcePattern,
} from '#libs/policy-language';
import type { ResourceView } from '../conditions/resource-view.js';

/** A model that the tenant's callers can name, with where it is served. `id` is dense within one snapshot. */
export type CatalogueModel = Omit<ResourceView, 'types'> & {
  readonly id: number;
  readonly type: 'model';
  readonly types: readonly ModelType[];
  /** The first part of its name: a ProviderAccount of `tenant`. */
  readonly account: string;
  readonly upstreamModel: string;
  /** Its `env` tag; without one it cannot be called. */
  readonly environment: string | undefined;
  readonly baseUrl: string | undefined;
  readonly secretRef: string | undefined;
  readonly cost: DocumentOf<'Model'>['spec']['cost'];
};

/** The models of a tenant and of the platform, by name and by account. */
export class Catalogue {
  readonly models: readonly CatalogueModel[];
  private readonly byName: ReadonlyMap<string, CatalogueModel>;
  private readonly byAccount: ReadonlyMap<string, readonly CatalogueModel[]>;

  /** A tenant's own model hides the platform's of the same name: callers of other tenants cannot tell. */
  constructor(own: readonly PolicyDocument[], platform: readonly PolicyDocument[]) {
    const documents = new Map<string, DocumentOf<'Model'>>();
    for (const document of [...platform, ...own]) {
      if (document.kind === 'Model') documents.set(document.metadata.name, document);
    }
    const accounts = accountsOf([...platform, ...own]);
    const sorted = [...documents.values()].toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    this.models = sorted.map((document, id) => modelOf(document, id, accounts));
    this.byName = new Map(this.models.map((model) => [model.name, model]));
    this.byAccount = Map.groupBy(this.models, ({ account }) => account);
  }

  find(name: string): CatalogueModel | undefined {
    return this.byName.get(name);
  }

  /** Models that a pattern names, without trying all of them where it names one, or one account. */
  *matching({ type, glob }: ResourcePattern): Iterable<CatalogueModel> {
    if (type !== undefined && type !== 'model') return;
    if (glob.literal !== undefined) {
      const model = this.find(glob.literal);
      if (model) yield model;
      return;
    }
    const account = glob.source.slice(0, glob.source.indexOf('/'));
    const candidates = glob.source.includes('/') && !account.includes('*') ? this.byAccount.get(account) : this.models;
    for (const model of candidates ?? []) if (glob.matches(model.path)) yield model;
  }
}

/** Reads patterns that the lint has accepted; throws a TypeError for another. */
export function readPatterns(texts: readonly string[]): readonly ResourcePattern[] {
  return texts.map((text) => {
    const read = readResourcePattern(text);
    if (!isPattern(read)) throw new TypeError(read.message);
    return read;
  });
}

type Account = DocumentOf<'ProviderAccount'>;

function accountsOf(documents: readonly PolicyDocument[]): ReadonlyMap<string, Account> {
  const accounts = new Map<string, Account>();
  for (const document of documents) {
    if (document.kind === 'ProviderAccount') accounts.set(accountKey(document.metadata), document);
  }
  return accounts;
}

const accountKey = ({ tenant, name }: { tenant: string; name: string }) => `${tenant}/${name}`;

function modelOf(document: DocumentOf<'Model'>, id: number, accounts: ReadonlyMap<string, Account>): CatalogueModel {
  const { metadata, spec } = document;
  const name = metadata.name;
  const account = name.slice(0, name.indexOf('/'));
  // Of its own tenant only: the platform's model must never be sent with a tenant's credential, nor the reverse.
  const upstream = accounts.get(accountKey({ tenant: metadata.tenant, name: account }))?.spec;
  const tags = Object.freeze({ ...metadata.tags });
  return Object.freeze({
    id,
    type: 'model',
    path: name,
    name,
    tenant: metadata.tenant,
    account,
    provider: upstream?.provider,
    baseUrl: upstream?.baseUrl,
    secretRef: upstream?.credential?.secretRef,
    upstreamModel: spec.upstreamModel,
    types: Object.freeze([...spec.types]),
    tags,
    environment: tags[ENVIRONMENT_TAG],
    cost: spec.cost,
    owner: metadata.labels?.['owner'],
    team: metadata.labels?.['team'],
  });
}

/** Whether a document holds in every tenant. */
export const isOfPlatform = ({ metadata }: PolicyDocument) => metadata.tenant === PLATFORM;
