import type { EnginePrincipal } from '#libs/access';
import { mayReachModel, type TenantSnapshot } from '#libs/decision-engine';
import type { ProblemItem } from '#libs/http';
import { compileGlob, isPattern, readResourcePattern, type KeyRestrictions } from '#libs/policy-language';

/** An account, with whatever stands before it as a resource. */
const modelPrefix = 'model:';

/**
 * What of a key's narrowing its owner could not use: each model that is named, and each pattern, account, environment or
 * pattern of a statement of which no model that there is today is within the owner's reach. One item each, with its
 * place; a model that does not exist looks like one that is not granted.
 */
export function outOfReach(
  snapshot: TenantSnapshot,
  owner: EnginePrincipal,
  { models = [], accounts = [], environments = [], statements = [] }: KeyRestrictions,
  timeMs: number,
): readonly ProblemItem[] {
  const reached = snapshot.models.filter(({ name }) => mayReachModel(snapshot, owner, name, timeMs));
  const isReached = (text: string) => {
    const glob = compileGlob(text.startsWith(modelPrefix) ? text.slice(modelPrefix.length) : text);
    return reached.some(({ name }) => glob.matches(name));
  };
  const isAccount = (text: string) => reached.some(({ account }) => compileGlob(text).matches(account));
  const isEnvironment = (text: string) => reached.some(({ environment }) => environment === text);
  return [
    ...missing(models, '/restrictions/models', 'model', isReached),
    ...missing(accounts, '/restrictions/accounts', 'account', isAccount),
    ...missing(environments, '/restrictions/environments', 'environment', isEnvironment),
    ...statements.flatMap(({ resources }, n) =>
      missing(resources, `/restrictions/statements/${n}/resources`, 'model', (text) => {
        const read = readResourcePattern(text);
        return !isPattern(read) || read.type !== 'model' || isReached(read.glob.source);
      }),
    ),
  ];
}

function missing(
  texts: readonly string[],
  pointer: string,
  what: string,
  isReached: (text: string) => boolean,
): readonly ProblemItem[] {
  return texts.flatMap((text, n) =>
    isReached(text)
      ? []
      : [{ pointer: `${pointer}/${n}`, detail: `The owner reaches no ${what} that "${text}" names today.` }],
  );
}
