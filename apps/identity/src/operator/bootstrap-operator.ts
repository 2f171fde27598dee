import { mintKeyText, type Peppers } from '#libs/access';
import { PLATFORM_TENANT } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { step, type OpenedEventStore } from '#libs/event-store';
import { apiKeyAggregate, virtualAccountAggregate } from '../aggregates.js';
import { secretOf } from '../api-keys/key-issue.js';
import { newId } from '../ids.js';

const taken = new DomainError('operator/exists', 'There is an operator already; its key was shown when it was made.');

/**
 * Makes the operator, a virtual account of the tenant `platform`, and its one `svc` key, in one transaction.
 * @returns the key's text, which is kept nowhere.
 * @throws DomainError `operator/exists` for everybody but the first, however many try at once.
 */
export async function bootstrapOperator(
  { events, subjectKeys }: Pick<OpenedEventStore, 'events' | 'subjectKeys'>,
  peppers: Peppers,
  now: Date,
): Promise<string> {
  const virtualAccountId = newId('va');
  const { text, keyId, redacted } = mintKeyText('svc', 'p');
  const tenantId = PLATFORM_TENANT;
  const at = now.toISOString();
  const about = { name: 'operator', team: null, labels: {}, createdBy: virtualAccountId, operator: true };
  const create = { type: 'CreateVirtualAccount' as const, virtualAccountId, tenantId, at, ...about };
  const account = step(virtualAccountAggregate, virtualAccountId, create, {
    reserve: () => [{ scope: 'operator', name: 'operator', refusal: taken }],
  });
  const unbounded = { restrictions: {}, labels: {}, notBefore: null, expiresAt: null };
  const owner = { kind: 'svc' as const, ownerId: virtualAccountId, ownerEpoch: 1 };
  const name = await subjectKeys.seal(virtualAccountId, 'operator');
  const secret = { ...secretOf(peppers, text), redacted };
  const issue = { type: 'IssueApiKey' as const, keyId, tenantId, at, name, ...owner, ...secret, ...unbounded };
  const key = step(apiKeyAggregate, keyId, issue);
  const context = { actor: virtualAccountId, tenantId, requestId: 'bootstrap', decisionId: 'bootstrap' };
  await events.executeAll([account, key], { context });
  return text;
}
