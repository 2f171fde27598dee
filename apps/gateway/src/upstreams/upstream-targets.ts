import type { CatalogueModel } from '#libs/decision-engine';
import { pathBelow, type UpstreamOrigins } from '../egress/upstream-origins.js';
import { providerNamed } from '../providers/provider-named.js';
import type { UpstreamCredentials } from './upstream-credentials.js';
import type { TargetFault, UpstreamTarget } from './upstream-target.js';

type Made = { readonly credential: string | undefined; readonly target: UpstreamTarget };

/**
 * From a model of the catalogue to where its calls go. Made once per model, route and credential: a model object
 * belongs to one compiled revision, so a changed document is another object.
 */
export class UpstreamTargets {
  private readonly made = new WeakMap<CatalogueModel, Map<string, Made>>();
  private readonly originsOfModels = new WeakMap<CatalogueModel, string>();

  constructor(
    private readonly origins: Pick<UpstreamOrigins, 'of'>,
    private readonly credentials: Pick<UpstreamCredentials, 'of'>,
  ) {}

  of(model: CatalogueModel, routeId: string): UpstreamTarget | TargetFault {
    const credential = this.credentialOf(model);
    if (model.secretRef !== undefined && credential === undefined) return 'credential_missing';
    const known = this.made.get(model)?.get(routeId);
    if (known && known.credential === credential) return known.target;
    const target = this.make(model, routeId, credential);
    if (typeof target !== 'string') this.keep(model, routeId, { credential, target });
    return target;
  }

  /** Set for an account, and good for the origin of the base URL which it was set for. */
  private credentialOf(model: CatalogueModel): string | undefined {
    const origin = this.originsOfModels.get(model) ?? URL.parse(model.baseUrl ?? '')?.origin ?? '';
    this.originsOfModels.set(model, origin);
    return this.credentials.of(model.tenant, model.account, origin);
  }

  private make(model: CatalogueModel, routeId: string, credential: string | undefined): UpstreamTarget | TargetFault {
    if (model.baseUrl === undefined) return 'unreadable';
    const provider = providerNamed(model.provider ?? '');
    const endpoint = provider.endpoints[routeId];
    if (endpoint === undefined) return 'operation_unknown';
    const dispatcher = this.origins.of(model.baseUrl);
    if (typeof dispatcher === 'string') return dispatcher;
    const below = provider.pathOf ? provider.pathOf(endpoint, model) : endpoint.path;
    if (below === undefined) return 'operation_unknown';
    const path = pathBelow(model.baseUrl, below);
    return { dispatcher, path, headers: provider.headers(credential), provider, endpoint };
  }

  private keep(model: CatalogueModel, routeId: string, made: Made): void {
    const byRoute = this.made.get(model) ?? new Map<string, Made>();
    this.made.set(model, byRoute.set(routeId, made));
  }
}
