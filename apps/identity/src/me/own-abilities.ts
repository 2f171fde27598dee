import { engineRequest, PolicyView, type Caller } from '#libs/access';
import { decide, whatCan, type Ability, type AbilityPlace, type TenantSnapshot } from '#libs/decision-engine';
import { decodeCursor, encodeCursor, refusal, type PageQuery } from '#libs/http';
import { operations } from '#libs/policy-language';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';

/** Of one page, as many resources are looked at as this, found or not; a shorter page then has more. */
const EXAMINED_MAX = 5_000;

/** What a caller may do by what they presented: their principal's abilities, each decided once more with the credential. */
@Injectable()
export class OwnAbilities {
  constructor(
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  page(caller: Caller, { limit, after }: PageQuery) {
    const snapshot = this.policy.snapshot(caller.tenantId);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known here yet.');
    const timeMs = this.clock.nowMs();
    const bounds = { limit, examinedMax: EXAMINED_MAX, after: placeOf(after) };
    const asked = { operation: undefined, timeMs, ip: caller.ip };
    const { found, last } = whatCan(snapshot, caller.principal, asked, bounds);
    return {
      object: 'list',
      data: found.filter((ability) => isLeft(snapshot, caller, ability, timeMs)).map(shown),
      has_more: last !== undefined,
      ...(last && { next_cursor: encodeCursor([last.action, last.path]) }),
    };
  }
}

/** Whether what narrows the credential leaves it the ability, by some operation. */
function isLeft(snapshot: TenantSnapshot, caller: Caller, { action, resource, ownOnly }: Ability, timeMs: number) {
  const colon = resource.indexOf(':');
  const named = { type: resource.slice(0, colon), path: resource.slice(colon + 1) };
  const asked = { ...named, ...(ownOnly && { owner: caller.principalId }) };
  return operations.some((operation) => {
    const request = engineRequest(caller, action, asked, { operation, timeMs, ip: caller.ip });
    return decide(snapshot, request).allowed;
  });
}

function placeOf(after: string | undefined): AbilityPlace | undefined {
  if (after === undefined) return undefined;
  const [action = '', path = ''] = decodeCursor(after, 2).map(String);
  return { action, path };
}

function shown({ action, resource, ownOnly }: Ability) {
  return { object: 'ability', action, resource, own_only: ownOnly };
}
