/* A process that appends decisions until it is killed, and writes down each id once it is appended. */
import { appendFileSync } from 'node:fs';
import { DecisionSpool } from '../decision-spool.js';
import { completed, decided, topicSpec } from './records.fixture.js';

const [directory = '', ledger = '', topic = '', broker = ''] = process.argv.slice(2);
const spool = await DecisionSpool.open({
  directory,
  service: 'gateway',
  replica: 'gateway-1',
  topic: topicSpec(topic),
  kafka: { brokers: [broker] },
});
const tenants = ['acme', 'globex', 'initech', ''];
for (let i = 0; ; i += 1) {
  const call = decided(tenants[i % tenants.length]);
  spool.append(call);
  appendFileSync(ledger, `open ${call.decision_id}\n`);
  // Every tenth call is still running when the end comes.
  if (i % 10 !== 0) {
    spool.append(completed(call.decision_id, call.tenant_id));
    appendFileSync(ledger, `end ${call.decision_id}\n`);
  }
  if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
