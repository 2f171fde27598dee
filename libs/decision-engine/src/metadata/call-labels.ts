type Labels = Readonly<Record<string, string>>;

/** Whose call it is: its owner, as records have it, the key if there is one, and the tenant. */
export type LabelledBy = {
  readonly principal: { readonly kind: 'user' | 'virtual-account'; readonly labels: Labels };
  readonly keyLabels?: Labels | undefined;
  readonly tenantLabels?: Labels | undefined;
};

/**
 * The labels that are metadata of every call, whatever its caller says; without a prototype. Of two that have a name,
 * whichever is harder to come by: who may make a key of an account may not label the account, and only operators label a
 * tenant. A user's labels are about a person, not about their calls.
 */
export function callLabels({ principal, keyLabels = {}, tenantLabels = {} }: LabelledBy): Labels {
  const made = Object.create(null) as Record<string, string>;
  const ofAccount = principal.kind === 'virtual-account' ? principal.labels : {};
  for (const labels of [keyLabels, ofAccount, tenantLabels]) {
    for (const [name, value] of Object.entries(labels)) made[name] = value;
  }
  return made;
}
