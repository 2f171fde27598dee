import { Strategy, type VerifiedCallback } from 'passport-jwt';
import type { Authenticated, Unauthenticated } from '../authentication/caller.js';
import { keyObjectOf } from '../tokens/issuer-keys.js';
import type { TokenAuthenticator } from '../tokens/token-authenticator.js';
import { INVALID_TOKEN } from '../tokens/token-faults.js';
import { presentedIn } from './presented.js';

/** What passport-jwt can verify. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;

type TokenRequest = Parameters<typeof presentedIn>[0];
type GivenKey = (error: Unauthenticated | null, key?: string) => void;

/**
 * Passport strategy for tokens. passport-jwt verifies the signature, with the key and for the algorithm that the
 * authenticator has chosen; everything else about a token is the authenticator's to judge, as at the gateway.
 */
export class JwtStrategy extends Strategy {
  constructor(
    private readonly tokens: TokenAuthenticator,
    private readonly nowMs: () => number,
  ) {
    super(
      {
        jwtFromRequest: (request: TokenRequest) => tokenIn(request) ?? null,
        secretOrKeyProvider: (_request: TokenRequest, text: string, done: GivenKey) => {
          const examined = tokens.examine(text, nowMs());
          if ('ok' in examined) return done(examined);
          const key = keyObjectOf(examined.key);
          // passport-jwt hands it on to a verifier that takes key objects; its types only know texts.
          return key ? done(null, key as unknown as string) : done(INVALID_TOKEN);
        },
        algorithms: [...ALGORITHMS],
        // The authenticator judges both, by the service's clock and not the machine's.
        ignoreExpiration: true,
        jsonWebTokenOptions: { ignoreNotBefore: true },
        passReqToCallback: true,
      },
      (request: TokenRequest, _claims: unknown, done: VerifiedCallback) => {
        const examined = tokens.examine(tokenIn(request) ?? '', nowMs());
        const answer = 'ok' in examined ? examined : tokens.answerTo(examined, nowMs());
        if (answer.ok) done(null, answer);
        else done(null, false, answer);
      },
    );
  }

  /** Called by passport on an object that inherits from this one. What passport-jwt has no algorithm for goes by `jose`. */
  override authenticate(request: unknown, options?: unknown): void {
    const text = tokenIn(request as TokenRequest) ?? '';
    const examined = this.tokens.examine(text, this.nowMs());
    if (!('ok' in examined) && examined.key.algorithm === 'EdDSA') void this.authenticateAlone(text);
    else super.authenticate(request as never, options);
  }

  private async authenticateAlone(text: string): Promise<void> {
    const answer: Authenticated | Unauthenticated = await this.tokens.authenticate(text, this.nowMs());
    if (answer.ok) this.success(answer);
    else this.fail(answer as never);
  }
}

function tokenIn(request: TokenRequest): string | undefined {
  const presented = presentedIn(request);
  return presented.kind === 'token' ? presented.text : undefined;
}
