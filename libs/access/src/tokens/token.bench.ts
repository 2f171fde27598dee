import { credentialKey, clientKey } from '#libs/contracts';
import { jwtVerify } from 'jose';
import { Authenticator } from '../authentication/authenticator.js';
import { credentialOf, noPolicy, NOW_MS, peppers } from '../identity/identity.fixture.js';
import { mintKeyText } from '../keys/key-text.js';
import { authenticatorOver, client, OWN_ISSUER, ownKey, ownToken, RESOURCE, trusting } from './token.fixture.js';

// Once built: `node dist/libs/access/src/tokens/token.bench.js [tokens]`
const [tokenCount = 5_000] = process.argv.slice(2).map(Number);
const BATCHES = 40;

const applier = trusting();
applier.put(clientKey(client.id), client);
const texts = await Promise.all(Array.from({ length: tokenCount }, (_, n) => ownToken({ jti: `token_${n}` })));
const keys = texts.map(() => mintKeyText('pat', 'p'));
for (const key of keys) applier.put(credentialKey(key.keyId), credentialOf(key));
const authenticator = new Authenticator({ identity: applier.view, peppers, policy: noPolicy, accepts: ['pat', 'vak'] });
const warm = authenticatorOver(applier);
for (const text of texts) await warm.authenticate(text, NOW_MS);
for (const { text } of keys) authenticator.authenticate(text, NOW_MS);
console.log(`${tokenCount} tokens of ${texts[0]?.length} characters, ES256`);

const remembered = await measure('a key that was seen before', 200_000, (n) => {
  return authenticator.authenticate(keys[n % tokenCount]?.text ?? '', NOW_MS);
});
const cached = await measure('a token that was seen before', 200_000, (n) => {
  return warm.authenticate(texts[n % tokenCount] ?? '', NOW_MS);
});
await measure('a token that cannot be one', 40_000, (n) => warm.authenticate(`${texts[n % tokenCount]}=`, NOW_MS));
const options = { issuer: OWN_ISSUER, audience: RESOURCE, typ: 'at+jwt', currentDate: new Date(NOW_MS) };
const bare = await measure('bare jose.jwtVerify', 4_000, (n) => {
  return jwtVerify(texts[n % tokenCount] ?? '', ownKey.publicKey, { ...options, algorithms: ['ES256'] });
});
let fresh = authenticatorOver(applier);
const cold = await measure('a token at first sight', 4_000, (n) => {
  if (n % tokenCount === 0) fresh = authenticatorOver(applier);
  return fresh.authenticate(texts[n % tokenCount] ?? '', NOW_MS);
});
console.log(`seen before: a token costs ${(cached - remembered).toFixed(2)} µs more than a key`);
console.log(`at first sight: ${(cold / bare).toFixed(2)} × bare jose`);

/** Median of the batches, in µs of this process's own CPU, threads included: what else the machine does should not count. */
async function measure(name: string, rounds: number, work: (n: number) => unknown): Promise<number> {
  const batch = Math.floor(rounds / BATCHES);
  const times: number[] = [];
  for (let round = 0; round < BATCHES + 5; round += 1) {
    const started = process.cpuUsage();
    for (let n = 0; n < batch; n += 1) {
      const answer = work(round * batch + n);
      if (answer instanceof Promise) await answer;
    }
    const { user, system } = process.cpuUsage(started);
    if (round >= 5) times.push((user + system) / batch);
  }
  times.sort((a, b) => a - b);
  const [median, low, high] = [0.5, 0.1, 0.9].map((part) => times[Math.floor(BATCHES * part)] ?? 0) as [
    number,
    number,
    number,
  ];
  console.log(`${name}: ${median.toFixed(2)} µs (p10 ${low.toFixed(2)}, p90 ${high.toFixed(2)})`);
  return median;
}
