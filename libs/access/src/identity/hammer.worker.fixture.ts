import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import type { CredentialNews, CredentialShare } from './credential-news.js';
import { CredentialReader, credentialStatus } from './credential-reader.js';
import { hammered, idOf, mixtureIn } from './hammered.fixture.js';

export type HammerData = { share: CredentialShare; port: MessagePort; flags: SharedArrayBuffer; number: number };
export type HammerReport = { faults: string[] };

const FAULTS_MAX = 10;
const { share, port, flags, number } = workerData as HammerData;
/** See `sharedFlags` of the spec. */
const said = new Int32Array(flags);
const report: HammerReport = { faults: [] };
const catchUp = () => {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    reader.take(next.message as CredentialNews);
  }
};
const reader = new CredentialReader({ share, catchUp });

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage('reading');
for (let n = 0; Atomics.load(said, 0) === 0 && report.faults.length < FAULTS_MAX; n += 1) {
  look(idOf('s', n % hammered.steady), 'always there');
  look(idOf('c', (n * 7) % hammered.coming), 'perhaps there');
  const mortal = (n * 11) % hammered.mortal;
  const wasRevoked = Atomics.load(said, 1 + mortal) === 1;
  const seen = look(idOf('m', mortal), 'perhaps there');
  if (wasRevoked && seen !== credentialStatus.revoked) report.faults.push(`revoked, and yet ${seen}: ${mortal}`);
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(report);

function look(keyId: string, presence: 'always there' | 'perhaps there'): number | undefined {
  for (;;) {
    const slot = reader.find(keyId);
    const read = slot < 0 ? undefined : reader.read(slot, keyId);
    if (!read) {
      if (presence === 'always there') report.faults.push(`not found: ${keyId}`);
      return undefined;
    }
    // As the authenticator does it: the MAC is that of the record if the slot still has its number afterwards.
    const mac = reader.mac(slot);
    if (reader.sequence(slot) !== read.sequence) continue;
    const fault = mixtureIn(read, mac, keyId);
    if (fault) report.faults.push(fault);
    Atomics.add(said, 1 + hammered.mortal + number, 1);
    return read.status;
  }
}
