import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../authentication/caller.js';
import type { RequestAuthentication } from './authenticate-request.js';

/** For answers that go on for longer than a moment: a key may be revoked while they do. */
export class Reauthentication {
  constructor(private readonly authentication: RequestAuthentication) {}

  /**
   * The caller as it is by now, teams and labels among it; undefined once its credential is good no more. To ask whether
   * it still may (`Access.allowed`); what is recorded is the decision that the answer began with.
   */
  async of(caller: Caller, request: FastifyRequest, reply: FastifyReply): Promise<Caller | undefined> {
    const who = await this.authentication.of(request, reply);
    if (!who.ok) return undefined;
    const { ok: _, ...now } = who;
    const { teams, labels } = now.principal;
    return Object.freeze({ ...caller, ...now, teams, labels });
  }
}
