import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inherited } from '../environment.config.js';
import type { Command, Part } from '../process/part.js';
import { kafkaAnswers } from './kafka-probe.js';

const run = promisify(execFile);
const HEAP_MIB_MAX = 384;
/** Beside the jars; setup writes it, and without it a start takes about twice as long. */
const CLASS_ARCHIVE = 'kafka.jsa';

export type KafkaOptions = {
  readonly folder: string;
  /** The folder of the broker's jars. */
  readonly jars: string;
  readonly port: number;
  /** Of the quorum's controller, in the same process. */
  readonly controllerPort: number;
};

/** Apache Kafka as broker and controller in one process (KRaft), on loopback alone, with its data in `folder`. */
export function kafkaPart(options: KafkaOptions): Part {
  const properties = join(options.folder, 'server.properties');
  return {
    name: 'kafka',
    stopOrder: 2,
    stopSignal: 'SIGTERM',
    stopWithinMs: 20_000,
    readyWithinMs: 60_000,
    address: `127.0.0.1:${options.port}`,
    prepare: async () => {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
      writeFileSync(properties, serverProperties(options), { mode: 0o600 });
      if (!existsSync(join(logFolder(options), 'meta.properties'))) await format(options, properties);
    },
    command: () => java(options, [`-Xmx${HEAP_MIB_MAX}m`, '-Xms64m'], 'kafka.Kafka', [properties]),
    isReady: () => kafkaAnswers(options.port),
  };
}

const logFolder = ({ folder }: KafkaOptions) => join(folder, 'log');

function java({ folder, jars }: KafkaOptions, flags: string[], main: string, args: string[]): Command {
  const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'];
  const { JAVA_HOME } = inherited('JAVA_HOME');
  const archive = join(jars, CLASS_ARCHIVE);
  // `auto`: an archive of another Java is passed over.
  const quick = [
    '-XX:+UseSerialGC',
    '-Xshare:auto',
    ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []),
  ];
  return {
    file: JAVA_HOME ? join(JAVA_HOME, 'bin/java') : 'java',
    args: [...flags, ...quick, ...logging, '-cp', join(jars, '*'), main, ...args],
    env: inherited('PATH', 'LANG', 'TMPDIR'),
    cwd: folder,
  };
}

async function format(options: KafkaOptions, properties: string): Promise<void> {
  rmSync(logFolder(options), { recursive: true, force: true });
  const clusterId = randomBytes(16).toString('base64url');
  const { file, args, env, cwd } = java(options, ['-Xmx128m', '-XX:TieredStopAtLevel=1'], 'kafka.tools.StorageTool', [
    'format',
    '-t',
    clusterId,
    '-c',
    properties,
  ]);
  await run(file, args, { env, cwd });
}

function serverProperties(options: KafkaOptions): string {
  const { port, controllerPort } = options;
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    // The static form, because it lets the ports move between two starts on the same data.
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logFolder(options),
    'auto.create.topics.enable': false,
    // Otherwise the first member of each consumer group waits three seconds for others.
    'group.initial.rebalance.delay.ms': 0,
    // How long a broker that was killed is still believed alive, and so kept from registering again.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 2,
    'log.cleaner.enable': true,
    'log.cleaner.threads': 1,
    'log.cleaner.dedupe.buffer.size': 8_388_608,
    'num.network.threads': 2,
    'num.io.threads': 4,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
