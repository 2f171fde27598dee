/**
 * Runs before `npm start` and `npm test`, on whatever Node the machine has (20 is enough): packages, Java, Kafka and the
 * build, each only when it is missing or old. On an installed checkout it takes a fraction of a second.
 */
import { ensureBuild } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureKafka } from './kafka.mjs';
import { SetupFailed } from './run.mjs';

try {
  // Neither knows of the other, and both mostly wait for what they fetch.
  await both(ensureDependencies(), ensureKafka());
  await ensureBuild();
} catch (error) {
  if (!(error instanceof SetupFailed)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** As `Promise.all`, but nothing goes on behind the message about what failed. */
async function both(...parts) {
  const ends = await Promise.allSettled(parts);
  const failed = ends.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}
