import { randomBytes } from 'node:crypto';
import { Browser } from '../../apps/identity/src/oauth/browser.fixture.js';
import { AdminClient } from '../../deploy/local/src/seed/admin-client.js';

/** A person with a key and a password, who reads identity's pages and answers them. */
export class Visitor {
  readonly admin: AdminClient;
  private readonly password = randomBytes(18).toString('base64url');

  constructor(
    private readonly issuer: string,
    private readonly email: string,
    key: string,
  ) {
    this.admin = new AdminClient(key);
  }

  async setPassword(): Promise<void> {
    await this.admin.untilKnown(`${this.issuer}/v1/me`);
    await this.admin.put(`${this.issuer}/v1/me/password`, { json: { new_password: this.password } });
  }

  /** Logs in and allows everything that is asked. @returns where the application is called back */
  async allows(asked: URL): Promise<URL> {
    const { issuer, password } = this;
    const browser = new Browser({ issuer, password, secrets: new Set(), send: (sent) => send(issuer, sent) });
    const { url, text } = await browser.pass(asked.href, this.email);
    if (!url.searchParams.has('code'))
      throw new Error(`identity's last page was ${url.pathname}: ${text.slice(0, 200)}`);
    return url;
  }
}

type Sent = Parameters<ConstructorParameters<typeof Browser>[0]['send']>[0];

async function send(issuer: string, { method, url, headers, payload }: Sent) {
  const content = payload === undefined ? {} : { body: payload };
  const answer = await fetch(issuer + url, { method, headers, redirect: 'manual', ...content });
  const cookies = answer.headers.getSetCookie();
  return {
    statusCode: answer.status,
    headers: { ...Object.fromEntries(answer.headers), 'set-cookie': cookies },
    body: await answer.text(),
  };
}
