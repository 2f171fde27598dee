import { Access, type Caller } from '#libs/access';
import type { IssuerKey, IssuerKeySource, IssuerMapping, IssuerSettings } from '#libs/contracts';
import { SubjectKeys } from '#libs/event-store';
import { EgressGuard, EgressRefused, problem } from '#libs/http';
import { Injectable } from '@nestjs/common';
import { Principals } from '../principals.js';
import { keysOf } from '../public-keys/static-key-set.js';
import { PublicUrls } from '../public-urls.js';
import { Tables } from '../tables.js';
import type { ChangeIssuerBody, MappingBody, TrustIssuerBody } from './issuer-bodies.js';
import type { IssuerRow } from './issuer-list.projection.js';
import { issuerResource } from './issuer-view.js';

type Place = { readonly name: string; readonly tenantId: string };
/** Settings as the list shows them, and the keys that they come with; null: those held stay. */
export type ClearSettings = Omit<IssuerSettings, 'mappings'> & { readonly mappings: IssuerMapping[] };
export type Wanted = { readonly settings: ClearSettings; readonly keys: IssuerKey[] | null };

/** Of all mappings together, as JSON: what fits into one sealed field. */
const MAPPING_CHARACTERS_MAX = 15_000;

/** Turns what a request says of an issuer into settings. */
@Injectable()
export class WantedSettings {
  constructor(
    private readonly access: Access,
    private readonly principals: Principals,
    private readonly tables: Tables,
    private readonly urls: PublicUrls,
    private readonly guard: EgressGuard,
    private readonly subjectKeys: SubjectKeys,
  ) {}

  async ofNew(caller: Caller, place: Place, body: TrustIssuerBody): Promise<Wanted> {
    this.requireForeign(body.issuer);
    const { keySource, keys } = this.keysIn(body) ?? { keySource: { from: 'discovery' as const }, keys: [] };
    const settings = {
      issuer: body.issuer,
      audiences: body.audiences,
      tokenTypes: body.token_types,
      lifetimeSecondsMax: body.token_lifetime_seconds_max,
      keySource,
      mappings: await this.mappings(caller, place, body.mappings),
    };
    return { settings, keys };
  }

  /** What is not named stays. */
  async changed(caller: Caller, row: IssuerRow, held: IssuerKeySource, body: ChangeIssuerBody): Promise<Wanted> {
    const given = this.keysIn(body);
    const settings = {
      issuer: row.issuer,
      audiences: body.audiences ?? row.audiences,
      tokenTypes: body.token_types ?? row.tokenTypes,
      lifetimeSecondsMax: body.token_lifetime_seconds_max ?? row.lifetimeSecondsMax,
      keySource: given?.keySource ?? held,
      mappings: body.mappings ? await this.mappings(caller, row, body.mappings) : row.mappings,
    };
    // Fetched keys are dropped by the decider where they are from elsewhere.
    return { settings, keys: given?.keySource.from === 'static' ? given.keys : null };
  }

  /** As events keep them: what claims are compared with may name a person. */
  async sealed(tenantId: string, { mappings, ...rest }: ClearSettings): Promise<IssuerSettings> {
    const text = JSON.stringify(mappings);
    if (text.length > MAPPING_CHARACTERS_MAX) throw invalid('/mappings', 'All mappings together are too long.');
    return { ...rest, mappings: await this.subjectKeys.seal(tenantId, text) };
  }

  private keysIn({ jwks, jwks_uri: uri }: { jwks?: TrustIssuerBody['jwks']; jwks_uri?: string | null | undefined }) {
    if (jwks) return { keySource: { from: 'static' as const }, keys: keysOf('issuer', jwks, '/jwks') };
    if (uri === undefined) return undefined;
    if (uri === null) return { keySource: { from: 'discovery' as const }, keys: [] };
    this.requireCallable(uri, '/jwks_uri');
    return { keySource: { from: 'jwks_uri' as const, uri }, keys: [] };
  }

  private requireForeign(issuer: string): void {
    const url = URL.parse(issuer);
    if (url && plainUrl(url) === plainUrl(new URL(this.urls.issuer))) {
      throw invalid('/issuer', 'This is our own issuer, which is trusted already.');
    }
    const { search, hash } = this.requireCallable(issuer, '/issuer');
    if (search !== '' || hash !== '') throw invalid('/issuer', 'An issuer has no query and no fragment.');
  }

  private requireCallable(text: string, pointer: string): URL {
    try {
      return this.guard.check(text);
    } catch (error) {
      if (!(error instanceof EgressRefused)) throw error;
      throw invalid(pointer, 'An https URL at a public address, without user and password.');
    }
  }

  private async mappings(caller: Caller, place: Place, bodies: readonly MappingBody[]): Promise<IssuerMapping[]> {
    const mapped: IssuerMapping[] = [];
    for (const { match, as, teams } of bodies) {
      for (const team of teams) await this.requireTeam(caller, place, team);
      mapped.push({ match, as: await this.who(caller, place, as), teams });
    }
    return mapped;
  }

  private async who(caller: Caller, place: Place, as: MappingBody['as']): Promise<IssuerMapping['as']> {
    if ('user_by' in as) return { userBy: as.user_by, claim: as.claim };
    const text = `virtual-account:${as.virtual_account}`;
    const resource = issuerResource(place);
    const { id } = await this.principals.resolve(caller, place.tenantId, text, 'issuer:edit', resource);
    return { virtualAccountId: id };
  }

  private async requireTeam(caller: Caller, { tenantId }: Place, name: string): Promise<void> {
    if (!(await this.tables.teamNamed(tenantId, name)))
      throw this.access.notFound(caller, 'issuer:edit', { type: 'team', path: name, tenant: tenantId });
  }
}

function invalid(pointer: string, detail: string) {
  return problem(422, 'issuer/invalid', 'This is not an issuer that can be trusted.', [{ pointer, detail }]);
}

/** Two spellings of one address are one issuer to whoever reads it. */
function plainUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/+$/, '')}`.toLowerCase();
}
