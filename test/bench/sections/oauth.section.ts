import { decodeJwt, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import type { LocalJson } from '../local-stack.js';
import { tokensAtFirstSight } from '../load/first-sight.js';
import { formLoop, type FormArm } from '../load/form-loop.js';
import type { BenchSection } from '../section.js';

const WARM_MS = 5_000;
/** Signatures or verifications of one round of bare jose. */
const BARE_COUNT = 4_000;

type Figures = { readonly arm: string; readonly cpuMicros: number; readonly rounds: readonly number[] };

/** What a token costs where it is made and where it is looked at, beside its signature alone. */
export const section: BenchSection = {
  title: 'What a grant, an introspection and a token cost',
  method:
    'Client-credentials grants (secret in the header) and introspections of one token at identity in a closed loop, beside `jose` signing and verifying the very claims of such a token (ES256) in this process, alone, and a gateway’s whole look at one that it never saw, in this process too. ' +
    'Interleaved rounds; CPU is that of the process with all of its threads, without PostgreSQL’s; per second and core is what one core has time for.',
  async measure({ options, say, stack }) {
    const { local } = await stack();
    const client = await serviceClient(local);
    const pid = local.processes['identity'] ?? 0;
    const shared = { headers: { authorization: `Basic ${client.basic}` }, pid };
    const grant = { url: `${local.identity.url}/oauth2/token`, form: { grant_type: 'client_credentials' }, ...shared };
    const token = await client.token();
    const arms: FormArm[] = [
      { name: 'grant', ...grant, isRight: (answer) => answer.includes('"access_token"') },
      {
        name: 'introspection',
        url: `${local.identity.url}/oauth2/introspect`,
        form: { token },
        ...shared,
        isRight: (answer) => answer.includes('"active":true'),
      },
    ];
    const bare = await bareJose(decodeJwt(token));
    const measured = new Map<string, number[]>();
    const note = (name: string, micros: number) => measured.set(name, [...(measured.get(name) ?? []), micros]);
    for (const arm of arms) {
      say(`${arm.name}: warms up`);
      await formLoop(arm, options.connections, WARM_MS);
    }
    await Promise.all(bare.map(({ once }) => once(BARE_COUNT)));
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`round ${round} of ${options.rounds}`);
      for (const arm of arms) note(arm.name, await formLoop(arm, options.connections, options.seconds * 1_000));
      for (const { name, once } of bare) note(name, await once(BARE_COUNT));
    }
    const figures = Array.from(measured, ([arm, rounds]): Figures => ({ arm, cpuMicros: median(rounds), rounds }));
    return { markdown: table(figures), figures: { options, figures } };
  },
};

/** A client of the demo's virtual account `service`. */
async function serviceClient({ identity, tenants }: LocalJson) {
  const answer = await fetch(`${identity.url}/v1/oauth-clients`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenants.acme.admin_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'bench',
      grant_types: ['client_credentials'],
      scopes: ['model:invoke'],
      virtual_account: 'service',
    }),
  });
  if (answer.status !== 201) throw new Error(`The client was answered ${answer.status}: ${await answer.text()}`);
  const { id, client_secret: secret } = (await answer.json()) as { id: string; client_secret: string };
  const basic = Buffer.from(`${id}:${secret}`).toString('base64');
  const token = async () => {
    const granted = await fetch(`${identity.url}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return ((await granted.json()) as { access_token: string }).access_token;
  };
  return { basic, token };
}

/** The signature alone, by the library that everybody takes, and all of what a gateway does with a token that it never saw. */
async function bareJose(claims: JWTPayload) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await importJWK(await exportJWK(publicKey), 'ES256');
  const sign = () => new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(privateKey);
  const signed = await sign();
  const unseen = await tokensAtFirstSight(claims, { privateKey, publicKey }, BARE_COUNT);
  return [
    { name: 'jose signs', once: per(() => sign) },
    { name: 'jose verifies', once: per(() => () => jwtVerify(signed, key)) },
    {
      name: 'a token at first sight',
      once: per(() => {
        const authenticator = unseen.fresh();
        return (index) => unseen.take(authenticator, index);
      }),
    },
  ];
}

/** CPU in µs of each piece of the work that a round begins. */
function per(begin: () => (index: number) => Promise<unknown>) {
  return async (count: number): Promise<number> => {
    const work = begin();
    const before = process.cpuUsage();
    for (let index = 0; index < count; index += 1) await work(index);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  };
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function table(figures: readonly Figures[]): string {
  const of = (name: string) => figures.find(({ arm }) => arm === name)?.cpuMicros ?? Number.NaN;
  const rows = figures.map(
    ({ arm, cpuMicros, rounds }) =>
      `| ${arm} | ${cpuMicros.toFixed(1)} | ${Math.round(1e6 / cpuMicros)} | ${Math.min(...rounds).toFixed(1)}–${Math.max(...rounds).toFixed(1)} |`,
  );
  return [
    '| what | CPU µs | per second and core | rounds, µs |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `A grant / jose signs: ${(of('grant') / of('jose signs')).toFixed(1)}. An introspection / jose verifies: ${(of('introspection') / of('jose verifies')).toFixed(1)}. A token at first sight / jose verifies: ${(of('a token at first sight') / of('jose verifies')).toFixed(2)}.`,
  ].join('\n');
}
