import { IdentityView, PolicyView, ToldIdentityView, type CredentialShare, type PolicyAlarm } from '#libs/access';
import type { Clock, Logger } from '#libs/telemetry';
import { ContentKeyTable } from '../contents/content-key-table.js';
import type { UpstreamCredentials } from '../upstreams/upstream-credentials.js';
import type { StateNews } from './thread-messages.js';
import { ToldPolicyView } from './told-policy-view.js';
import { toldRecords, type RecordTable } from './told-records.js';

/** What the main thread knows, and how its feeds fill that. */
export type GatewayViews = {
  readonly identity: IdentityView;
  readonly policy: PolicyView;
  readonly credentials: UpstreamCredentials;
  readonly contentKeys: ContentKeyTable;
  readonly secretRecords: RecordTable;
  readonly contentKeyRecords: RecordTable;
  /** What other threads begin to read keys with; undefined where there are none. */
  readonly share: CredentialShare | undefined;
};

/** With a `tell`, everything that they apply is told to the other threads; without one it costs nothing. */
export function gatewayViews({
  clock,
  logger,
  credentials,
  tell,
}: {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Pick<Logger, 'error'>;
  readonly credentials: UpstreamCredentials;
  readonly tell: ((news: StateNews) => void) | undefined;
}): GatewayViews {
  const onAlarm = (alarm: PolicyAlarm) => logger.error({ alarm }, 'a policy is not put in force');
  const nowMs = () => clock.nowMs();
  const contentKeys = new ContentKeyTable();
  if (!tell) {
    const [identity, policy] = [new IdentityView(nowMs), new PolicyView({ onAlarm })];
    const records = { secretRecords: credentials, contentKeyRecords: contentKeys };
    return { identity, policy, credentials, contentKeys, ...records, share: undefined };
  }
  const identity = new ToldIdentityView(nowMs, (news) => tell({ view: 'identity', news }));
  return {
    identity,
    policy: new ToldPolicyView({ onAlarm }, tell),
    credentials,
    contentKeys,
    secretRecords: toldRecords(credentials, 'secrets', tell),
    contentKeyRecords: toldRecords(contentKeys, 'contentKeys', tell),
    share: identity.share,
  };
}
