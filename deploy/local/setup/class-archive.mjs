import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const UP_WITHIN_MS = 60_000;
const DOWN_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

/**
 * Runs a broker once, on a throw-away folder, and has the JVM write down the classes that it loaded: with that archive
 * each later start takes about half the time. It is only a saving, so a failure is not one of the set-up: answers
 * whether the archive is there.
 */
export async function writeClassArchive(java, jars, archive) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kafka-'));
  try {
    const [port, controllerPort] = [await freePort(), await freePort()];
    const properties = join(folder, 'server.properties');
    writeFileSync(properties, propertiesOf(folder, port, controllerPort));
    const classPath = ['-cp', join(jars, '*')];
    const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
    const format = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', properties];
    if (spawnSync(java, [...classPath, ...format], { stdio: 'ignore' }).status !== 0) return false;
    const record = ['-XX:+UseSerialGC', '-Xmx384m', `-XX:ArchiveClassesAtExit=${archive}`];
    const broker = spawn(java, [...record, ...classPath, 'kafka.Kafka', properties], { stdio: 'ignore' });
    const ended = new Promise((settled) => broker.once('close', settled).once('error', settled));
    await until(() => broker.exitCode !== null || listens(port), UP_WITHIN_MS);
    broker.kill('SIGTERM');
    const late = setTimeout(() => broker.kill('SIGKILL'), DOWN_WITHIN_MS);
    await ended;
    clearTimeout(late);
    return existsSync(archive);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function propertiesOf(folder, port, controllerPort) {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${join(folder, 'log')}`,
    '',
  ].join('\n');
}

async function until(condition, withinMs) {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    if (await condition()) return;
    await new Promise((settled) => setTimeout(settled, LOOK_EVERY_MS));
  }
}

function listens(port) {
  return new Promise((settled) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (isOpen) => () => {
      socket.destroy();
      settled(isOpen);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}

function freePort() {
  return new Promise((settled, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => settled(port));
    });
  });
}
