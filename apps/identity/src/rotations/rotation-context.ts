import type { Context } from '#libs/event-store';

/** Nobody asked: a schedule did. */
export const byRotation = (tenantId: string): Context => {
  return { actor: 'key-rotation', tenantId, requestId: '', decisionId: '' };
};
