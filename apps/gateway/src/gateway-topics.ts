import { topics as contractTopics, type TopicSpec } from '#libs/contracts';

/** The topics that a gateway reads and writes; specs have their own. */
export type GatewayTopics = Readonly<
  Record<
    'identityState' | 'policyState' | 'policySecrets' | 'replicas' | 'usage' | 'contentKeys' | 'contents' | 'decisions',
    TopicSpec
  >
>;
const { identityState, policyState, policySecrets, gatewayReplicas: replicas, gatewayUsage: usage } = contractTopics;
const { auditContentKeys: contentKeys, gatewayContents: contents, gatewayDecisions: decisions } = contractTopics;

export const ownTopics: GatewayTopics = {
  identityState,
  policyState,
  policySecrets,
  replicas,
  usage,
  contentKeys,
  contents,
  decisions,
};
