import { Strategy } from 'passport-strategy';
import type { Authenticated, Unauthenticated } from '../authentication/caller.js';
import type { Authenticator } from '../authentication/authenticator.js';
import { presentedIn } from './presented.js';

type KeyRequest = Parameters<typeof presentedIn>[0];

/** Passport strategy for `gh_` keys in `Authorization: Bearer`. Fails with an {@link Unauthenticated}. */
export class KeyStrategy extends Strategy {
  readonly name = 'gatehouse-key';

  constructor(
    private readonly authenticator: Authenticator,
    private readonly nowMs: () => number,
  ) {
    super();
  }

  /** Called by passport on an object that inherits from this one. */
  override authenticate(request: unknown): void {
    const presented = presentedIn(request as KeyRequest);
    const text = presented.kind === 'key' ? presented.text : '';
    const answer: Authenticated | Unauthenticated = this.authenticator.authenticate(text, this.nowMs());
    if (answer.ok) this.success(answer);
    else this.fail(answer as never);
  }
}
