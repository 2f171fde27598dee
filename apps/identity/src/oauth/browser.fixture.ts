type Sent = { method: string; url: string; headers: Record<string, string>; payload?: string };
type Got = { statusCode: number; headers: NodeJS.Dict<string | string[] | number>; body: string };

/** The server whose pages are seen, and what is typed there. */
export type BrowsedServer = {
  readonly issuer: string;
  readonly password: string;
  /** Where cookies are noted, for those who look whether they are kept anywhere. */
  readonly secrets: Set<string>;
  readonly send: (sent: Sent) => PromiseLike<Got>;
};

/** A browser without scripts: it keeps cookies, follows redirects within the issuer and fills in forms. */
export class Browser {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly world: BrowsedServer) {}

  /** Cookies as the server set them, attributes included. */
  readonly setCookies: string[] = [];

  async go(url: string, form?: Record<string, string | string[]>, headers: Record<string, string> = {}): Promise<Page> {
    const { issuer } = this.world;
    let target = new URL(url, issuer);
    let sent = form && bodyOf(form);
    for (let hops = 0; hops < 10; hops += 1) {
      if (target.origin !== issuer) return { url: target, status: 0, text: '', headers: {} };
      const answer = await this.world.send({
        method: sent === undefined ? 'GET' : 'POST',
        url: target.pathname + target.search,
        headers: {
          accept: 'text/html',
          cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(sent !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
          ...headers,
        },
        ...(sent !== undefined && { payload: sent }),
      });
      this.keep([answer.headers['set-cookie'] ?? []].flat().map(String));
      const { location } = answer.headers;
      if (location === undefined) {
        return { url: target, status: answer.statusCode, text: answer.body, headers: answer.headers as never };
      }
      target = new URL(String(location), target);
      sent = undefined;
    }
    throw new Error('too many redirects');
  }

  /** Fills in the form of a page whose action ends so. */
  async submit(page: Page, action: string, fields: Record<string, string | string[]> = {}): Promise<Page> {
    const csrf = /name="csrf" value="([\w-]+)"/.exec(page.text)?.[1] ?? '';
    return this.go(`${page.url.pathname}/${action}`, { csrf, ...fields });
  }

  /** Logs in and allows what is asked, as far as either is asked for. */
  async pass(url: string, email: string, ticked?: string[]): Promise<Page> {
    let page = await this.go(url);
    if (page.text.includes('name="password"')) {
      page = await this.submit(page, 'login', { email, password: this.world.password });
    }
    if (!page.text.includes('Allow access?')) return page;
    const offered = [...page.text.matchAll(/name="scope" value="([^"]+)"/g)].map(([, scope]) => scope ?? '');
    const details = [...page.text.matchAll(/name="detail" value="(\d+)"/g)].map(([, index]) => index ?? '');
    return this.submit(page, 'consent', { scope: ticked ?? offered, detail: details });
  }

  private keep(lines: readonly string[]): void {
    for (const line of lines) {
      this.setCookies.push(line);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || line.includes('expires=Thu, 01 Jan 1970')) this.cookies.delete(name);
      else this.cookies.set(name, value);
      if (value.length > 20) this.world.secrets.add(value);
    }
  }
}

export type Page = { url: URL; status: number; text: string; headers: Record<string, string> };

function bodyOf(form: Record<string, string | string[]>): string {
  const pairs = Object.entries(form).flatMap(([name, values]) => [values].flat().map((value) => [name, value]));
  return new URLSearchParams(pairs as string[][]).toString();
}
