import { compile, decide } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { engineRequest } from '../decisions/engine-request.js';
import { acme, ada, Applier, credentialOf, noPolicy, NOW_MS, peppers } from '../identity/identity.fixture.js';
import { mintKeyText, mintRotatedText } from '../keys/key-text.js';
import { Authenticator } from './authenticator.js';

// Once built: `node --expose-gc dist/libs/access/src/authentication/authenticate.bench.js [keys] [policies]`
const [keyCount = 200_000, policyCount = 10_000] = process.argv.slice(2).map(Number);
const ROUNDS = 300_000;
const MODELS = 100;
const OWNERS = 1_000;
/** Owners of keys that come after each other in the sample are others, and so are the models that they may call. */
const ownerOf = (n: number) => `user_${Math.floor(n / Math.ceil(keyCount / 20_000)) % OWNERS}`;
const reasons = new Map<string, number>();

const applier = new Applier();
applier.tenant(acme);
const owners = Array.from({ length: OWNERS }, (_, n) => ({ ...ada, id: `user_${n}`, email: `u${n}@acme.example` }));
for (const owner of owners) applier.principal(owner);
const before = memory();
const loadedMs = performance.now();
const sample: string[] = [];
for (let n = 0; n < keyCount; n += 1) {
  const key = mintKeyText('pat', 'p');
  applier.credential(credentialOf(key, { ownerId: ownerOf(n) }));
  if (n % Math.ceil(keyCount / 20_000) === 0) sample.push(key.text);
}
const after = memory();
console.log(`${keyCount} keys in ${Math.round(performance.now() - loadedMs)} ms (minting included)`);
console.log(`memory: ${mb(after.off - before.off)} MB off the heap, ${mb(after.heap - before.heap)} MB on it`);

const documents = [...catalogue(), ...Array.from({ length: policyCount }, (_, n) => policy(n)).flat()];
const snapshot = compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 1, platformRevision: 0 });
const authenticator = new Authenticator({ identity: applier.view, peppers, policy: noPolicy, accepts: ['pat', 'vak'] });
for (const text of sample) authenticator.authenticate(text, NOW_MS);

const keyPolicy = compile({
  tenant: 'acme',
  documents: [readDocument(keyPolicyDocument())],
  platformDocuments: [],
  policyRevision: 1,
  platformRevision: 0,
});
const policed = new Authenticator({
  identity: applier.view,
  peppers,
  policy: { snapshot: () => keyPolicy },
  accepts: ['pat', 'vak'],
});
for (const text of sample) policed.authenticate(text, NOW_MS);

const unknown = sample.map(() => mintKeyText('pat', 'p').text);
const forged = sample.map((text) => mintRotatedText('pat', 'p', text.slice(8, 20)).text);
measure('authenticate, seen before', (n) => authenticator.authenticate(pick(sample, n), NOW_MS));
measure('authenticate, seen before, under a KeyPolicy', (n) => policed.authenticate(pick(sample, n), NOW_MS));
measure('authenticate, unknown key', (n) => authenticator.authenticate(pick(unknown, n), NOW_MS), 30_000);
measure('authenticate, wrong secret', (n) => authenticator.authenticate(pick(forged, n), NOW_MS), 30_000);
measure('authenticate, malformed', (n) => authenticator.authenticate(`${pick(sample, n).slice(0, 70)}-`, NOW_MS));
measure(`key text → decision, ${policyCount} policies`, (n) => {
  const who = authenticator.authenticate(pick(sample, n), NOW_MS);
  if (!who.ok) throw new Error(who.reason);
  // Each owner calls twenty models, and may call ten of them.
  const owner = ((n * 7_919) % sample.length) % OWNERS;
  const resource = { type: 'model', path: `account/model-${(owner * 10 + (n % 20)) % MODELS}` };
  const decision = decide(
    snapshot,
    engineRequest(who, 'model:invoke', resource, { operation: 'chat', timeMs: NOW_MS }),
  );
  reasons.set(decision.reason, (reasons.get(decision.reason) ?? 0) + 1);
  return decision;
});
console.log([...reasons].map(([reason, count]) => `${reason} ${count}`).join(', '));

function keyPolicyDocument() {
  const bounds = { maxAgeSeconds: 7_776_000, idleExpirySeconds: 5_184_000, rotateEverySeconds: 7_776_000 };
  const spec = { rules: [{ when: { kinds: ['pat', 'vak'] }, ...bounds, rotationOverdue: 'warn' }] };
  return { apiVersion: 'gatehouse/v1', kind: 'KeyPolicy', metadata: { name: 'keys', tenant: 'acme' }, spec };
}

/** The models that the policies are about. */
function catalogue() {
  const at = { apiVersion: 'gatehouse/v1', kind: 'Model' };
  const spec = { upstreamModel: 'model', types: ['chat'] };
  return Array.from({ length: MODELS }, (_, n) => {
    const metadata = { name: `account/model-${n}`, tenant: 'acme', tags: { env: 'production' } };
    return readDocument({ ...at, metadata, spec });
  });
}

/** Ten of them, on ten models, are each owner's. */
function policy(n: number) {
  const metadata = { name: `role-${n}`, tenant: 'acme' };
  const spec = {
    statements: [
      { id: 's', effect: 'allow', actions: ['model:invoke'], resources: [`model:account/model-${n % MODELS}`] },
    ],
  };
  const bound = { subjects: [`user:user_${Math.floor(n / 10) % OWNERS}`], roles: [`role-${n}`] };
  return [
    readDocument({ apiVersion: 'gatehouse/v1', kind: 'Role', metadata, spec }),
    readDocument({ apiVersion: 'gatehouse/v1', kind: 'RoleBinding', metadata, spec: bound }),
  ];
}

function pick(texts: readonly string[], n: number): string {
  return texts[(n * 7_919) % texts.length] ?? '';
}

/** Median of 60 batches, in µs of this process's own CPU: what else the machine does should not count. */
function measure(name: string, work: (n: number) => unknown, rounds = ROUNDS): void {
  const batch = Math.floor(rounds / 60);
  const times: number[] = [];
  for (let round = 0; round < 70; round += 1) {
    const started = process.cpuUsage();
    for (let n = 0; n < batch; n += 1) work(round * batch + n);
    const { user, system } = process.cpuUsage(started);
    if (round >= 10) times.push((user + system) / batch);
  }
  times.sort((a, b) => a - b);
  console.log(`${name}: ${times[30]?.toFixed(2)} µs (p10 ${times[6]?.toFixed(2)}, p90 ${times[54]?.toFixed(2)})`);
}

function memory(): { heap: number; off: number } {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, off: arrayBuffers };
}

function mb(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
