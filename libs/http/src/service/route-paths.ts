import type { FastifyInstance } from 'fastify';

export type ServedRoute = { readonly method: string; readonly path: string };
type Pattern = ServedRoute & { readonly matches: RegExp };

/** Every route that the server answers, as it was registered: for 405, and for tests that go through all of them. */
export class RoutePaths {
  private readonly patterns: Pattern[] = [];

  /** Must be called before the routes are registered. */
  watch(server: FastifyInstance): void {
    server.addHook('onRoute', ({ method, url }) => {
      if (url.includes('*')) return;
      for (const each of [method].flat()) this.patterns.push({ method: each, path: url, matches: matcher(url) });
    });
  }

  list(): readonly ServedRoute[] {
    return this.patterns.map(({ method, path }) => ({ method, path }));
  }

  /** The methods that this path takes; none when there is no such path. */
  methodsOf(url: string): string[] {
    const path = url.split('?', 1)[0] ?? '';
    return [...new Set(this.patterns.filter(({ matches }) => matches.test(path)).map(({ method }) => method))].sort();
  }
}

function matcher(path: string): RegExp {
  const parts = path.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}/?$`);
}
