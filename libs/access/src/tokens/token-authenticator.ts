import type { DecisionReason, KeyKind } from '#libs/contracts';
import { compactVerify } from 'jose';
import type { Authenticated, Unauthenticated } from '../authentication/caller.js';
import { sha256 } from '../authentication/sha256.js';
import type { IdentityView } from '../identity/identity-view.js';
import type { PolicyView } from '../policy/policy-view.js';
import { BoundedFlights, type FlightBounds } from './bounded-flights.js';
import { TOKEN_CHARACTERS_MAX } from './compact-jws.js';
import { TokenExaminer, type ExaminedToken } from './examine-token.js';
import { HeldToken, type TokenCircumstances } from './held-token.js';
import { cryptoKeyOf } from './issuer-keys.js';
import { TokenCache, type TokenCacheBounds } from './token-cache.js';
import { INVALID_TOKEN, refusedToken, TOO_MANY_TOKENS } from './token-faults.js';
import { readVerified } from './verified-token.js';

export type TokenAuthenticatorOptions = {
  readonly identity: IdentityView;
  /** Where the KeyPolicies are, for tokens that were exchanged for a key. */
  readonly policy: Pick<PolicyView, 'snapshot'>;
  /** This service's public URL: our own tokens must be for it. */
  readonly publicUrl: string;
  /** Kinds of keys that a token may have been exchanged for; as for keys themselves. */
  readonly accepts: readonly KeyKind[];
  readonly cache?: TokenCacheBounds;
  readonly verifications?: FlightBounds;
};

type Answer = Authenticated | Unauthenticated;

/** About 30 MB at the most. */
const CACHE: TokenCacheBounds = { entriesMax: 32_768, charactersMax: 16 * 1024 * 1024 };
/** Signatures are verified on the threads that Node keeps for it; more at once would only wait there. */
const VERIFICATIONS: FlightBounds = { atOnceMax: 16, waitingMax: 1_024 };

/** Whether a credential's text is to be taken for a token: no key has a dot. */
export function looksLikeToken(text: string): boolean {
  return text.includes('.');
}

/**
 * From a token's text to its caller. Its signature is verified once, and remembered by the SHA-256 of the whole text;
 * issuer, client, revocations, principal, tenant and key are looked at in every call. Nothing is ever fetched.
 */
export class TokenAuthenticator {
  private readonly examiner: TokenExaminer;
  private readonly circumstances: TokenCircumstances;
  private readonly held: TokenCache<HeldToken>;
  private readonly flights: BoundedFlights<HeldToken | undefined>;

  constructor({ identity, policy, publicUrl, accepts, cache, verifications }: TokenAuthenticatorOptions) {
    this.examiner = new TokenExaminer(identity, publicUrl);
    this.circumstances = { view: identity, policy, accepts: new Set(accepts) };
    this.held = new TokenCache(cache ?? CACHE);
    this.flights = new BoundedFlights(verifications ?? VERIFICATIONS);
  }

  /**
   * `nowMs`: ms since 1970. At once for a token that was seen before, or that needs no cryptography to be refused; a
   * promise, which never rejects, for one whose signature has to be verified. A token that arrives many times meanwhile is
   * verified once. `not_ready` where more wait to be verified than may.
   */
  authenticate(text: string, nowMs: number): Answer | Promise<Answer> {
    if (text.length > TOKEN_CHARACTERS_MAX) return INVALID_TOKEN;
    const digest = sha256(text);
    return this.held.get(digest)?.answer(nowMs) ?? this.verify(text, digest, nowMs);
  }

  /** For verifiers of another kind: what a signature must hold for, and the key, or why none can. */
  examine(text: string, nowMs: number): ExaminedToken | Unauthenticated {
    const examined = this.examiner.examine(text, nowMs);
    return typeof examined === 'string' ? refusedToken(examined) : examined;
  }

  /** Who an examined token stands for. Only for one whose signature holds, under the key that was found for it. */
  answerTo(examined: ExaminedToken, nowMs: number): Answer {
    return this.hold(examined)?.answer(nowMs) ?? INVALID_TOKEN;
  }

  /** Tokens that are remembered. */
  get size(): number {
    return this.held.size;
  }

  private verify(text: string, digest: string, nowMs: number): Answer | Promise<Answer> {
    const examined: ExaminedToken | DecisionReason = this.examiner.examine(text, nowMs);
    if (typeof examined === 'string') return refusedToken(examined);
    const flight = this.flights.run(digest, () => this.firstSight(examined, digest));
    // What changed meanwhile is looked at now, and a key that was taken away while it was used proves nothing.
    return flight?.then((held) => held?.answer(nowMs) ?? INVALID_TOKEN) ?? TOO_MANY_TOKENS;
  }

  private async firstSight(examined: ExaminedToken, digest: string): Promise<HeldToken | undefined> {
    if (!(await signatureHolds(examined))) return undefined;
    const held = this.hold(examined);
    if (held) this.held.put(digest, held, examined.jws.text.length);
    return held;
  }

  private hold(examined: ExaminedToken): HeldToken | undefined {
    const token = readVerified(examined);
    return token && new HeldToken(token, this.circumstances);
  }
}

/** False for whatever `jose` refuses, and for keys that are none. */
async function signatureHolds({ jws, key }: ExaminedToken): Promise<boolean> {
  try {
    await compactVerify(jws.text, await cryptoKeyOf(key), { algorithms: [key.algorithm] });
    return true;
  } catch {
    return false;
  }
}
