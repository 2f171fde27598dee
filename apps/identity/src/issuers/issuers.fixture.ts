import { IdentityView } from '#libs/access';
import { Identity } from '../identity.fixture.js';
import { ecKey, KeyServer } from './key-server.fixture.js';

/** Identity with a tenant whose administrator trusts issuers, and a web server that stands for one. */
export class IssuersFixture {
  readonly identity = new Identity();
  readonly server = new KeyServer();
  people!: Awaited<ReturnType<Identity['tenants']>>;
  private count = 0;

  async open(): Promise<void> {
    await this.identity.open();
    await this.server.open();
    this.people = await this.identity.tenants();
    await this.ada('POST /v1/virtual-accounts', { name: 'etl' });
    await this.ada('POST /v1/teams', { name: 'ci' });
  }

  async close(): Promise<void> {
    await this.identity.close();
    await this.server.close();
  }

  ada(route: string, body?: unknown, headers?: Record<string, string | undefined>) {
    return this.identity.ask(this.people.ada.key, route, body, headers);
  }

  /** A body that nobody has sent before: names and audiences are taken once. */
  body(more: object = {}) {
    this.count += 1;
    return {
      name: `idp-${this.count}`,
      issuer: 'https://idp.example',
      audiences: [`audience-${this.count}`],
      jwks: { keys: [ecKey('1').jwk] },
      mappings: [{ match: { sub: 'ci' }, as: { virtual_account: 'etl' } }],
      ...more,
    };
  }

  async trust(more: object = {}) {
    return (await this.ada('POST /v1/issuers', this.body(more))).body;
  }

  /** Trusts an issuer whose keys the web server has. */
  fetched(more: object = {}) {
    const { url } = this.server;
    return this.trust({ issuer: url, jwks: undefined, jwks_uri: `${url}/jwks`, ...more });
  }

  async shown(id: string) {
    return (await this.ada(`GET /v1/issuers/${id}`)).body;
  }

  /** What guards hold of it. */
  record(id: string) {
    return this.identity.app.get(IdentityView, { strict: false }).issuers.find(id);
  }

  kids(id: string) {
    return this.record(id)
      ?.keys.map(({ kid }) => kid)
      .join();
  }
}
