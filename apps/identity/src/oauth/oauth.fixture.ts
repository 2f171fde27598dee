import type { FastifyInstance } from 'fastify';
import { Identity, type Answer } from '../identity.fixture.js';
import { Login } from './interactions/login.js';

type Sent = { method: string; url: string; headers: Record<string, string>; payload?: string };

/** The OAuth server of {@link Identity}, reached as clients reach it, and the people who sit at its pages. */
export class OAuthWorld {
  readonly identity = new Identity();
  people!: Awaited<ReturnType<Identity['tenants']>>;
  readonly password = 'correct horse battery';
  /** Everything that was presented or could be, for those who look whether it is kept anywhere. */
  readonly secrets = new Set<string>();

  get issuer(): string {
    return this.identity.publicUrl;
  }
  get gateway(): string {
    return this.identity.settings.GATEHOUSE_RESOURCES[0] ?? '';
  }

  async open(): Promise<this> {
    await this.identity.open();
    this.people = await this.identity.tenants();
    for (const { key } of [this.people.ada, this.people.con, this.people.gil]) {
      await this.identity.ask(key, 'PUT /v1/me/password', { new_password: this.password });
      this.secrets.add(key);
    }
    this.secrets.add(this.password);
    return this;
  }

  close(): Promise<void> {
    return this.identity.close();
  }

  ada(route: string, body?: unknown): Promise<Answer> {
    return this.identity.ask(this.people.ada.key, route, body);
  }

  async account(name: string): Promise<string> {
    return (await this.ada('POST /v1/virtual-accounts', { name })).body.id as string;
  }

  /** A client of acme, with its secret where it has one. */
  async client(settings: Record<string, unknown>, key = this.people.ada.key) {
    const { status, body } = await this.identity.ask(key, 'POST /v1/oauth-clients', {
      name: 'client',
      resources: [this.gateway],
      ...settings,
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
    if (body.client_secret) this.secrets.add(body.client_secret);
    return { id: body.id as string, secret: (body.client_secret ?? '') as string };
  }

  /** A client that a user logs in through. */
  codeClient(settings: Record<string, unknown> = {}) {
    return this.client({
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example/callback'],
      scopes: ['openid', 'offline_access', 'model:invoke', 'model:list'],
      ...settings,
    });
  }

  /** `fetch`, into this process. */
  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const request = new Request(input, init);
    const payload = await request.text();
    const answer = await this.send({
      method: request.method,
      url: request.url.slice(this.issuer.length),
      headers: Object.fromEntries(request.headers),
      ...(payload !== '' && { payload }),
    });
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      for (const each of [value].flat()) headers.append(name, String(each));
    }
    const isEmpty = [204, 303].includes(answer.statusCode);
    return new Response(isEmpty ? null : answer.body, { status: answer.statusCode, headers });
  };

  send(sent: Sent) {
    const server = this.identity.app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
    return server.inject(sent as never);
  }

  /** What the login page would make of it. */
  logIn(tenantId: string, email: string, password: string) {
    const attempt = { tenantId, email, password, address: '192.0.2.7' };
    return this.identity.app.get(Login, { strict: false }).judge(attempt);
  }

  /** A form to an endpoint, with the client's secret in the header where one is given. */
  async post(path: string, form: Record<string, string>, client?: { id: string; secret: string }) {
    const basic = client && Buffer.from(`${client.id}:${client.secret}`).toString('base64');
    const answer = await this.send({
      method: 'POST',
      url: path,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(basic !== undefined && { authorization: `Basic ${basic}` }),
      },
      payload: new URLSearchParams(form).toString(),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    // oxlint-disable-next-line typescript/no-explicit-any -- what an endpoint answers is what the spec is about
    const body: any = isJson ? JSON.parse(answer.body) : {};
    for (const name of ['access_token', 'refresh_token', 'id_token']) if (body[name]) this.secrets.add(body[name]);
    return { status: answer.statusCode, body, headers: answer.headers, text: answer.body };
  }
}
