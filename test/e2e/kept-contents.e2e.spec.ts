import { waitFor } from '#libs/testing';
import { afterAll, expect, it } from 'vitest';
import { KEPT_PROMPT } from '../security/needles.js';
import { admin, demoKey, kill, openai } from '../system/system.js';

type Piece = { text: string | null; truncated: boolean };
type Contents = { request: Piece; answer: Piece | null };

const model = 'openai-main/gpt-4';
const messages = [{ role: 'user' as const, content: `Say something of ${KEPT_PROMPT}.` }];
const ada = () => demoKey('acme', 'admin');
const chat = () => openai(demoKey('acme', 'manager')).chat.completions;
const idOf = ({ headers }: Response) => String(headers.get('gatehouse-decision-id'));
const read = (id: string, key = ada()) => admin<Contents>('audit', 'GET', `/v1/decisions/${id}/contents`, key);
const isKept = async (id: string) => (await read(id)).status === 200;

async function turn(storePrompts: boolean): Promise<void> {
  const document = {
    apiVersion: 'gatehouse/v1',
    kind: 'TenantSettings',
    metadata: { name: 'settings', tenant: 'acme' },
    spec: { storePrompts },
  };
  const applied = await admin('policy', 'POST', '/v1/apply', ada(), { yaml: JSON.stringify(document) });
  expect(applied.status).toBe(200);
}
async function whole() {
  const { data, response } = await chat().create({ model, messages }).withResponse();
  return { id: idOf(response), text: data.choices[0]?.message.content ?? '' };
}
async function streamed() {
  const { data, response } = await chat().create({ model, messages, stream: true }).withResponse();
  let text = '';
  for await (const { choices } of data) text += choices[0]?.delta.content ?? '';
  return { id: idOf(response), text };
}

afterAll(async () => {
  await admin('policy', 'DELETE', '/v1/tenant-settings/settings', ada(), { headers: { 'if-match': '*' } });
});

/** That they stand nowhere in plain is for test/security/no-secret-left.e2e.spec.ts, which looks everywhere. */
it('prompts and answers are kept from when a tenant turns it on until it turns it off, over a killed audit', async () => {
  const before = await whole();
  await turn(true);
  // Until gateways have heard of it, and of the key that is made for it.
  const first = async () => {
    const { id } = await whole();
    return waitFor(() => isKept(id), { timeoutMs: 5_000 }).catch(() => false);
  };
  await waitFor(first, { timeoutMs: 60_000, what: 'a call to be kept' });
  const calls = [await whole(), await streamed()];
  await kill('audit');
  for (const { id, text } of calls) {
    await waitFor(() => isKept(id), { timeoutMs: 60_000, what: 'what was kept to be stored' });
    const { body } = await read(id);
    expect(JSON.parse(String(body.request.text))).toMatchObject({ model, messages });
    expect(text).not.toBe('');
    expect(body.answer).toMatchObject({ truncated: false });
  }
  const [plain, stream] = await Promise.all(calls.map(async ({ id }) => (await read(id)).body.answer?.text ?? ''));
  expect(plain).toContain(JSON.stringify(calls[0]?.text));
  expect(stream).toMatch(/^data: [^]*data: \[DONE\]\n\n$/u);

  const [id = ''] = calls.map((each) => each.id);
  expect((await read(id, demoKey('globex', 'admin'))).status).toBe(404);
  expect((await read(id, demoKey('acme', 'auditor'))).status).toBe(403);
  expect((await read(before.id)).status).toBe(404);

  await turn(false);
  const isOff = async () => {
    const off = await whole();
    await waitFor(() => isKept(off.id), { timeoutMs: 3_000 }).catch(() => undefined);
    return !(await isKept(off.id));
  };
  await waitFor(isOff, { timeoutMs: 60_000, what: 'a call not to be kept' });
  expect(await isKept(id)).toBe(true);
});
