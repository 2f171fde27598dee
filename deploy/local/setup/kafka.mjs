import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeClassArchive } from './class-archive.mjs';
import { checkout, outputOf, run, runQuietly, say, SetupFailed } from './run.mjs';

const JAVA_AT_LEAST = 17;
const PACKAGES = { java: 'openjdk-17-jre-headless', mvn: 'maven' };
const pom = join(checkout, 'deploy/kafka/pom.xml');
const jars = join(checkout, 'deploy/kafka/jars');

/** Java, and Kafka's jars as the pom names them: fetched once for each pom, then used without a network. */
export async function ensureKafka() {
  if (process.env.KAFKA_BROKERS) return;
  const wanted = createHash('sha256').update(readFileSync(pom)).digest('hex');
  const isThere = existsSync(join(jars, '.pom')) && readFileSync(join(jars, '.pom'), 'utf8') === wanted;
  const missing = [];
  if (!hasJava()) missing.push('java');
  if (!isThere && !process.env.GATEHOUSE_KAFKA_JARS && outputOf('mvn', ['--version']) === undefined)
    missing.push('mvn');
  if (missing.length > 0) await install(missing);
  if (!isThere && !process.env.GATEHOUSE_KAFKA_JARS) await fetchJars(wanted);
}

const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java';

function hasJava() {
  const version = outputOf(java, ['-version']);
  return Number(/version "(\d+)/.exec(version ?? '')?.[1] ?? 0) >= JAVA_AT_LEAST;
}

async function install(missing) {
  const packages = missing.map((tool) => PACKAGES[tool]);
  const isDebian = existsSync('/etc/debian_version') && outputOf('apt-get', ['--version']) !== undefined;
  if (!isDebian || process.getuid?.() !== 0) {
    const how = isDebian
      ? `sudo apt-get install ${packages.join(' ')}`
      : 'see https://adoptium.net and https://maven.apache.org';
    throw new SetupFailed(
      `Kafka needs Java ${JAVA_AT_LEAST} or later, and Maven once to fetch it; missing: ${missing.join(', ')}.\n` +
        `Install it (${how}), point JAVA_HOME at it, or use a broker of your own: KAFKA_BROKERS=host:port npm start`,
    );
  }
  say(`installing ${packages.join(' and ')} (apt-get)`);
  process.env.DEBIAN_FRONTEND = 'noninteractive';
  const flags = ['install', '-y', '-qq', '--no-install-recommends'];
  await run('apt-get', ['update', '-qq'], 'apt-get update');
  await run('apt-get', [...flags, ...packages], 'apt-get install');
  if (!hasJava())
    throw new SetupFailed(`Java ${JAVA_AT_LEAST} was installed but \`java\` is another one; set JAVA_HOME.`);
}

async function fetchJars(wanted) {
  say('fetching Apache Kafka (Maven), once');
  const draft = `${jars}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${draft}`];
  await runQuietly('mvn', ['-B', '-f', pom, ...goal], 'Fetching Kafka');
  writeFileSync(join(draft, '.pom'), wanted);
  rmSync(jars, { recursive: true, force: true });
  renameSync(draft, jars);
  say('preparing it for quick starts');
  await writeClassArchive(java, jars, join(jars, 'kafka.jsa'));
}
