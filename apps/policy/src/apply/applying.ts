import type { AccessResource } from '#libs/access';
import type { DocumentChange } from '#libs/contracts';
import { actions, kinds, type Action, type Kind } from '#libs/policy-language';

/** Every action that changing some kind of document needs, most general first; a spec holds it to the kinds. */
export const applyActions = ['policy:apply', 'limits:adjust', 'route:deploy', 'prompt:edit', 'prompt:promote'] as const;

/** One thing to be authorised. */
export type Asked = { readonly action: Action; readonly resource: AccessResource };

/** The action and resource that changing a document asks for; of a prompt in production, or on its way there, promotion. */
export function applying(
  { kind, name }: Pick<DocumentChange, 'kind' | 'name'>,
  tenant: string,
  isPromotion = false,
): Asked {
  const action = kind === 'Prompt' && isPromotion ? 'prompt:promote' : kinds[kind].applyAction;
  const { type } = actions[action];
  return { action, resource: { type, path: type === 'policy' ? `${kind}/${name}` : name, tenant } };
}

/** Every action that changing a document of a kind may need. */
export const applyActionsOf = (kind: Kind): readonly [Action, ...Action[]] =>
  kind === 'Prompt' ? ['prompt:edit', 'prompt:promote'] : [kinds[kind].applyAction];

/** An action on everything of its type in a tenant. */
export function onAll(action: Action, tenant: string): Asked {
  return { action, resource: { type: actions[action].type, path: '*', tenant } };
}

/**
 * Kinds that can be written down and checked, and that no gateway acts on yet. They are refused at apply: limits that
 * look set and hold nobody back would be worse than none.
 */
export const kindsNotInForce: ReadonlySet<Kind> = new Set<Kind>();
