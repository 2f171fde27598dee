import { modelRoutes, prefixes, publicRoutes } from './route-table.js';
import type { Dialect, Matched, ModelRoute, Unmatched } from './route.js';

/** Longer request lines are none of ours. */
const targetCharactersMax = 2_048;
/** What a query may be made of: nothing in it that could be taken for a path. It is dropped, not passed on. */
const harmlessQuery = /^[A-Za-z0-9_.~=&%+,:@!$'()*-]*$/u;
const account = '[A-Za-z0-9][A-Za-z0-9._-]*';
const modelParameter = new RegExp(`^(${account})(?:/|%2[Ff])([A-Za-z0-9](?:[A-Za-z0-9._:-]|%3[Aa])*)$`, 'u');

const exact = new Map<string, Map<string, ModelRoute>>();
const withModel = new Map<string, Map<string, ModelRoute>>();
for (const prefix of prefixes) {
  for (const route of modelRoutes) {
    const [head = '', parameter] = route.path.split('{');
    const table = parameter === undefined ? exact : withModel;
    const methods = table.get(prefix + head) ?? new Map<string, ModelRoute>();
    table.set(prefix + head, methods.set(route.method, route));
  }
}
const notFound: Unmatched = { code: 'not_found', allow: '' };

/** Whether a target is for the model surfaces at all, matched or not; all else is the framework's to answer. */
export function isModelTarget(target: string): boolean {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return !publicPaths.has(path) || (mark >= 0 && !publicQuery.test(target.slice(mark + 1)));
}
const publicPaths: ReadonlySet<string> = new Set(publicRoutes.map(({ path }) => path));
const publicQuery = /^[^/\\#]*$/u;

/** Whose form a caller of this target expects, found or not; undefined outside of the model surfaces. */
export function dialectOf(target: string): Dialect | undefined {
  const prefix = prefixes.find((prefix) => target.startsWith(`${prefix}/`));
  if (prefix === undefined) return undefined;
  return /^\/messages(?![^/?])/u.test(target.slice(prefix.length)) ? 'anthropic' : 'openai';
}

/**
 * The route of a raw request target, by its exact spelling. Whatever would have to be decoded, folded or resolved
 * first (`//`, `%2e`, `;`, another case, absolute form) is not found: no two parts can read it differently.
 */
export function matchRoute(method: string, target: string): Matched | Unmatched {
  if (target.length > targetCharactersMax) return notFound;
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  if (mark >= 0 && !harmlessQuery.test(target.slice(mark + 1))) return notFound;
  const methods = exact.get(path);
  if (methods) return pick(methods, method, path, null);
  return matchModel(method, path);
}

function matchModel(method: string, path: string): Matched | Unmatched {
  for (const [head, methods] of withModel) {
    if (path.startsWith(head)) {
      const parameter = path.slice(head.length);
      const [, accountName, name] = modelParameter.exec(parameter) ?? [];
      if (!accountName || !name) return notFound;
      const model = `${accountName}/${decodeURIComponent(name)}`;
      return pick(methods, method, head + model, model);
    }
  }
  return notFound;
}

function pick(methods: ReadonlyMap<string, ModelRoute>, method: string, path: string, model: string | null) {
  const route = methods.get(method);
  if (route) return { route, path, model };
  return { code: 'method_not_allowed', allow: [...methods.keys()].join(', ') } as const;
}
