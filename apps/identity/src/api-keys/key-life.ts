import { PolicyView } from '#libs/access';
import type { KeyKind, Labels } from '#libs/contracts';
import { keyBounds, type KeyBounds } from '#libs/decision-engine';
import { problem, refusal } from '#libs/http';
import { Injectable } from '@nestjs/common';

/** What a KeyPolicy looks at. */
export type PolicyKey = {
  readonly tenantId: string;
  readonly kind: KeyKind;
  readonly labels: Labels;
  readonly ownerLabels: Labels;
};

/** How long keys live by their tenant's KeyPolicies, at mint and at each rotation; guards hold to the same afterwards. */
@Injectable()
export class KeyLife {
  constructor(private readonly policy: PolicyView) {}

  /** @throws ProblemError 503 `not_ready` while nobody knows what the tenant's policy is. */
  bounds({ tenantId, ...key }: PolicyKey): KeyBounds | undefined {
    const snapshot = this.policy.snapshot(tenantId);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known yet; try again.');
    return keyBounds(snapshot, key);
  }

  /**
   * When a text that is made now expires. `askedSeconds` is what the caller wants, `otherwiseMs` what the key would
   * live without being asked; null for no end.
   * @throws ProblemError 422 with the longest life there is, where more was asked for.
   */
  expiresAt(
    key: PolicyKey,
    nowMs: number,
    askedSeconds: number | undefined,
    otherwiseMs: number | null,
  ): string | null {
    const maxAge = this.bounds(key)?.maxAge;
    if (maxAge && askedSeconds !== undefined && askedSeconds * 1_000 > maxAge.ms) {
      const detail = `${maxAge.rule} lets such a key live ${maxAge.ms / 1_000} seconds at most.`;
      throw problem(422, 'api-key/life-too-long', detail, [{ pointer: '/expires_in_seconds', detail }]);
    }
    const wantedMs = askedSeconds === undefined ? otherwiseMs : askedSeconds * 1_000;
    const lifeMs = maxAge ? Math.min(wantedMs ?? Infinity, maxAge.ms) : wantedMs;
    return lifeMs === null ? null : new Date(nowMs + lifeMs).toISOString();
  }
}
