import { looksLikeToken, type Authenticated, type Unauthenticated } from '#libs/access';
import { readCredential } from '../credentials/read-credential.js';
import { Refusal } from '../refusals/refusal.js';
import type { StreamCut } from '../relay/upstream-call.js';
import { Bag, type Held } from './bag.js';
import type { Reached } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** How often open streams are looked through, ms. */
const sweepMs = 100;
const stopping = { code: 'not_ready', message: 'The gateway stops; ask again.', errorType: 'gateway_stopped' } as const;

type Parts = Pick<GatewayParts, 'authenticator' | 'tokens' | 'policy' | 'clock'>;
type Open = { readonly credential: string; readonly tenantId: string; readonly cut: StreamCut };

/**
 * Streams under way, so that they can be ended before their end: where their tenant says `cutStreamsOnRevoke`, as soon as
 * their credential would be refused; all of them when the gateway stops. No timer runs while there are none.
 */
export class OpenStreams {
  private readonly open = new Bag<Open>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: Parts) {}

  /** From a stream's first byte on; what is answered ends it. */
  watch({ request, caller }: Reached, cut: StreamCut): () => void {
    const credential = readCredential(request.rawHeaders);
    // It was read before, and has not changed.
    if (credential instanceof Refusal) return () => undefined;
    const stream = this.open.add({ credential, tenantId: caller.tenantId, cut });
    this.timer ??= setInterval(() => this.sweep(), sweepMs).unref();
    return () => this.leave(stream);
  }

  /** Ends every stream, as the gateway stops. */
  cutAll(): void {
    for (const { cut } of this.open.things()) cut(stopping);
  }

  private sweep(): void {
    for (const stream of this.open.things()) {
      if (this.parts.policy.snapshot(stream.tenantId)?.settings?.cutStreamsOnRevoke === true) this.check(stream);
    }
  }

  private check(stream: Open): void {
    const { authenticator, tokens, clock } = this.parts;
    const text = stream.credential;
    if (!looksLikeToken(text)) return cutIfRefused(stream, authenticator.authenticate(text, clock.nowMs()));
    const answer = tokens.authenticate(text, clock.nowMs());
    if (!(answer instanceof Promise)) return cutIfRefused(stream, answer);
    // A token that has to be verified again: its stream may have ended meanwhile, and then this does nothing.
    return void answer.then((known) => cutIfRefused(stream, known));
  }

  private leave(stream: Held<Open>): void {
    this.open.remove(stream);
    if (this.open.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** That it cannot be told at the moment is no reason. */
function cutIfRefused({ cut }: Open, answer: Authenticated | Unauthenticated): void {
  if (answer.ok || answer.code === 'not_ready') return;
  cut({ code: answer.code, message: 'The credential is not valid any more.', errorType: answer.reason });
}
