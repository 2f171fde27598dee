import { mintKeyText, type Peppers } from '#libs/access';
import { PLATFORM_TENANT } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { step, type OpenedEventStore } from '#libs/event-store';
import { apiKeyAggregate, virtualAccountAggregate } from '../aggregates.js';
import { keyList, type KeyRow } from '../api-keys/key-list.projection.js';
import { secretOf } from '../api-keys/key-issue.js';
import { newId } from '../ids.js';
import { ListTable } from '../lists/list-table.adapter.js';
import { virtualAccountList, type VirtualAccountRow } from '../virtual-accounts/virtual-account-list.projection.js';

const OPERATOR = 'operator';
const tenantId = PLATFORM_TENANT;
const taken = new DomainError('operator/exists', 'There is an operator already; its key was shown when it was made.');
const missing = new DomainError('operator/not-found', 'There is no operator whose key could be replaced.');

type Store = Pick<OpenedEventStore, 'events' | 'subjectKeys' | 'em' | 'projections'>;

/**
 * Makes the operator, a virtual account of the tenant `platform`, and its one `svc` key, in one transaction.
 * @returns the key's text, which is kept nowhere.
 * @throws DomainError `operator/exists` for everybody but the first, however many try at once.
 */
export async function bootstrapOperator(store: Store, peppers: Peppers, now: Date): Promise<string> {
  const virtualAccountId = newId('va');
  const at = now.toISOString();
  const about = { name: OPERATOR, team: null, labels: {}, createdBy: virtualAccountId, operator: true };
  const create = { type: 'CreateVirtualAccount' as const, virtualAccountId, tenantId, at, ...about };
  const account = step(virtualAccountAggregate, virtualAccountId, create, {
    reserve: () => [{ scope: OPERATOR, name: OPERATOR, refusal: taken }],
  });
  const key = await operatorKey(store, peppers, virtualAccountId, at);
  await store.events.executeAll([account, key.issue], { context: contextOf(virtualAccountId) });
  return key.text;
}

/**
 * Revokes the operator's keys and makes a new one, in one transaction: for an operator whose key was lost.
 * @throws DomainError `operator/not-found` before there is one.
 */
export async function replaceOperatorKey(store: Store, peppers: Peppers, now: Date): Promise<string> {
  await store.projections.catchUp();
  const at = now.toISOString();
  const accounts = new ListTable<VirtualAccountRow>(store.em, virtualAccountList.name);
  const query = { tenantId, afterPosition: 0, limit: 1_000 };
  const [account] = await accounts.page({ ...query, where: { name: OPERATOR } });
  if (!account) throw missing;
  const ownerId = account.row.id;
  const keys = await new ListTable<KeyRow>(store.em, keyList.name).page({ ...query, where: { ownerId } });
  const revoke = keys.map(({ row: { id: keyId } }) =>
    step(apiKeyAggregate, keyId, { type: 'RevokeApiKey' as const, keyId, tenantId, at }),
  );
  const key = await operatorKey(store, peppers, ownerId, at);
  await store.events.executeAll([...revoke, key.issue], { context: contextOf(ownerId) });
  return key.text;
}

async function operatorKey({ subjectKeys }: Store, peppers: Peppers, ownerId: string, at: string) {
  const { text, keyId, redacted } = mintKeyText('svc', 'p');
  const unbounded = { restrictions: {}, labels: {}, notBefore: null, expiresAt: null };
  const owner = { kind: 'svc' as const, ownerId, ownerEpoch: 1 };
  const name = await subjectKeys.seal(ownerId, OPERATOR);
  const secret = { ...secretOf(peppers, text), redacted };
  const command = { type: 'IssueApiKey' as const, keyId, tenantId, at, name, ...owner, ...secret, ...unbounded };
  return { text, issue: step(apiKeyAggregate, keyId, command) };
}

function contextOf(actor: string) {
  return { actor, tenantId, requestId: 'bootstrap', decisionId: 'bootstrap' };
}
