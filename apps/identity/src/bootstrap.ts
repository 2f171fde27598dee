// Makes the operator: `node dist/apps/identity/src/bootstrap.js` prints its key, once. It works exactly once; with
// `--replace` it revokes the operator's keys and prints a new one. Identity publishes what this writes when it runs.
import { parseArgs } from 'node:util';
import { Peppers } from '#libs/access';
import { MemoryBus } from '#libs/bus';
import { DomainError } from '#libs/decider';
import { openEventStore } from '#libs/event-store';
import { readBootstrapConfig } from './bootstrap.config.js';
import { bootstrapOperator, replaceOperatorKey } from './operator/bootstrap-operator.js';
import { storeOptions } from './store-options.js';

const { values } = parseArgs({ options: { replace: { type: 'boolean', default: false } } });
const config = readBootstrapConfig();
// Nothing is published from here: the store is never started, so the bus is never used.
const store = await openEventStore(storeOptions(config), new MemoryBus());
try {
  const make = values.replace ? replaceOperatorKey : bootstrapOperator;
  const value = await make(store, Peppers.parse(config.GATEHOUSE_PEPPER), new Date());
  process.stdout.write(`${JSON.stringify({ object: 'operator', api_key: value })}\n`);
} catch (error) {
  if (!(error instanceof DomainError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await store.close();
}
