import { topics, type TopicSpec } from '#libs/contracts';

/** Where the ledger reads what calls cost; also a token, so that specs may read a topic of their own. */
export class LedgerSource {
  readonly group: string = 'policy.ledger.v1';
  readonly decisions: TopicSpec = topics.gatewayDecisions;
  /** Records that cannot be read go to `<consumer>.dead-letter.v1`. */
  readonly consumer: string = 'policy';
  readonly deadLetters: TopicSpec = topics.policyDeadLetter;
}
