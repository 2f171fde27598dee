import type { Context } from '#libs/event-store';

/** Who is said to have acted where a policy did, and nobody asked: no request and no decision stand behind it. */
export const byKeyPolicy = (tenantId: string): Context => {
  return { actor: 'key-policy', tenantId, requestId: '', decisionId: '' };
};
