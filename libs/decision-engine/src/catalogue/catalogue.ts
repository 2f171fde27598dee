import { ENVIRONMENT_TAG, type DocumentOf, type ModelType } from '#libs/policy-language';
import type { ResourceView } from '../conditions/resource-view.js';
import type { PersistentMap } from '../persistent/persistent-map.js';

/** A model that the tenant's callers can name, with where it is served. */
export type CatalogueModel = Omit<ResourceView, 'types'> & {
  readonly type: 'model';
  readonly types: readonly ModelType[];
  /** The first part of its name: a ProviderAccount of `tenant`. */
  readonly account: string;
  readonly upstreamModel: string;
  /** Its `env` tag; without one it cannot be called. */
  readonly environment: string | undefined;
  readonly baseUrl: string | undefined;
  /** Of the account's API, where its provider has such. */
  readonly apiVersion: string | undefined;
  readonly secretRef: string | undefined;
  readonly cost: DocumentOf<'Model'>['spec']['cost'];
};

/** The models of one set, by name. */
export type ModelsOfSet = PersistentMap<CatalogueModel>;

/** The models of a tenant and of the platform, by name. */
export class Catalogue {
  private readonly byName: ReadonlyMap<string, CatalogueModel>;
  private sorted: readonly CatalogueModel[] | undefined;

  /** A tenant's own model hides the platform's of the same name: callers of other tenants cannot tell. */
  constructor(
    private readonly own: ModelsOfSet,
    private readonly platform: ModelsOfSet,
  ) {
    this.byName = new Map([...platform.entries(), ...own.entries()]);
  }

  /** This one, where its models are these. */
  of(own: ModelsOfSet, platform: ModelsOfSet): Catalogue {
    return own === this.own && platform === this.platform ? this : new Catalogue(own, platform);
  }

  /** In the order of their names. */
  get models(): readonly CatalogueModel[] {
    return (this.sorted ??= [...this.byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  }

  find(name: string): CatalogueModel | undefined {
    return this.byName.get(name);
  }
}

/** The account that serves a model: the first part of the model's name. */
export const accountOf = (name: string) => name.slice(0, name.indexOf('/'));

/**
 * A model with its account, which is one of its own tenant or none: the platform's model must never be sent with a
 * tenant's credential, nor the reverse.
 */
export function modelOf(
  { metadata, spec }: DocumentOf<'Model'>,
  account: DocumentOf<'ProviderAccount'> | undefined,
): CatalogueModel {
  const { name, tenant, labels } = metadata;
  const upstream = account?.spec;
  const tags = Object.freeze({ ...metadata.tags });
  return Object.freeze({
    type: 'model',
    path: name,
    name,
    tenant,
    account: accountOf(name),
    provider: upstream?.provider,
    baseUrl: upstream?.baseUrl,
    apiVersion: upstream?.apiVersion,
    secretRef: upstream?.credential?.secretRef,
    upstreamModel: spec.upstreamModel,
    types: Object.freeze([...spec.types]),
    tags,
    environment: tags[ENVIRONMENT_TAG],
    cost: spec.cost,
    owner: labels?.['owner'],
    team: labels?.['team'],
  });
}
