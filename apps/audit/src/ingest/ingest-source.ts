import { decisionTopics, topics, type TopicSpec } from '#libs/contracts';

/** Where decisions come from; also a token, so that specs may read topics of their own. */
export class IngestSource {
  readonly group: string = 'audit.ingest.v1';
  readonly topics: readonly TopicSpec[] = Object.values(decisionTopics);
  /** Domain events, and who reads them. */
  readonly changesGroup: string = 'audit.changes.v1';
  readonly events: readonly TopicSpec[] = [topics.identityEvents, topics.policyEvents, topics.auditEvents];
  /** Records that cannot be stored go to `<consumer>.dead-letter.v1`. */
  readonly consumer: string = 'audit';
  readonly deadLetters: TopicSpec = topics.auditDeadLetter;
  /** Those of every service, and who notes them. */
  readonly letters: readonly TopicSpec[] = [topics.auditDeadLetter, topics.identityDeadLetter, topics.policyDeadLetter];
  readonly lettersGroup: string = 'audit.dead-letters.v1';
  /** Where audit tells when keys were last used, and what it has found. */
  readonly keyUses: TopicSpec = topics.auditKeyUses;
  readonly findings: TopicSpec = topics.auditFindings;
  /** What gateways keep of calls, and who stores it. */
  readonly contents: TopicSpec = topics.gatewayContents;
  readonly contentsGroup: string = 'audit.contents.v1';
  /** What gateways claim of limits. */
  readonly limitUse: TopicSpec = topics.gatewayUsage;
}
