import passport from 'passport';
import type { Strategy } from 'passport-strategy';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticated, Unauthenticated } from '../authentication/caller.js';
import type { JwtStrategy } from './jwt.strategy.js';
import type { KeyStrategy } from './key.strategy.js';
import { presentedIn } from './presented.js';
import { INVALID_TOKEN } from '../tokens/token-faults.js';

const nobody = { ok: false, tenantId: '', keyId: '', principalId: '' } as const;
const MISSING: Unauthenticated = { ...nobody, code: 'missing_credentials', reason: 'credentials_missing' };
const AMBIGUOUS: Unauthenticated = { ...nobody, code: 'ambiguous_credentials', reason: 'credentials_ambiguous' };
const UNKNOWN: Unauthenticated = { ...nobody, code: 'invalid_api_key', reason: 'key_malformed' };

/** Who a request comes from, by the strategy for what it carries. */
export class RequestAuthentication {
  constructor(
    private readonly keys: KeyStrategy,
    private readonly tokens: JwtStrategy,
  ) {}

  async of(request: FastifyRequest, reply: FastifyReply): Promise<Authenticated | Unauthenticated> {
    switch (presentedIn(request).kind) {
      case 'missing':
        return MISSING;
      case 'ambiguous':
        return AMBIGUOUS;
      case 'unknown':
        return UNKNOWN;
      case 'key':
        return run(this.keys, request, reply, UNKNOWN);
      case 'token':
        return run(this.tokens as unknown as Strategy, request, reply, INVALID_TOKEN);
    }
  }
}

/**
 * Passport writes `success` and `fail` of the request at hand onto the strategy, so each gets an object of its own. The
 * strategies are not registered by name: names are global to the process, and would be those of the last application.
 */
function run(
  strategy: Strategy,
  request: FastifyRequest,
  reply: FastifyReply,
  otherwise: Unauthenticated,
): Promise<Authenticated | Unauthenticated> {
  return new Promise((resolve, reject) => {
    const own = Object.create(strategy) as Strategy;
    const done = (error: unknown, who: Authenticated | false | null, info: unknown) => {
      if (error) reject(error as Error);
      else resolve(who || (isUnauthenticated(info) ? info : otherwise));
    };
    const authenticate = passport.authenticate(own, { session: false }, done) as (...args: unknown[]) => void;
    authenticate(request, reply, reject);
  });
}

function isUnauthenticated(info: unknown): info is Unauthenticated {
  return typeof info === 'object' && info !== null && 'reason' in info && 'code' in info && 'keyId' in info;
}
