import { expect, it } from 'vitest';
import { mintClientSecret } from '../keys/client-secret-text.js';
import { mintInvitationToken } from '../keys/invitation-token-text.js';
import { mintKeyText } from '../keys/key-text.js';
import { callerText } from './caller-text.js';

it('masks keys and addresses that a caller has put into a path or a header', () => {
  const { text, keyId } = mintKeyText('pat', 'p');
  expect(callerText(`/v1/users/${text}`)).toBe(`/v1/users/gh_patp_${keyId}_…`);
  const secret = mintClientSecret('client_Z9y8X7w6V5u4T3s2');
  expect(callerText(`/v1/users/${secret.text}`)).toBe(`/v1/users/${secret.redacted}`);
  const token = mintInvitationToken('invitation_Z9y8X7w6V5u4T3s2');
  expect(callerText(`/join/${token.text}`)).toBe(`/join/${token.redacted}`);
  expect(callerText('/v1/users/vic@acme.example/keys')).toBe('/v1/users/…@…/keys');
  expect(callerText('/v1/users/vic.o%2Bx%40mail.acme.example')).toBe('/v1/users/…@…');
  expect(callerText('curl (ann@acme.example, bob@acme.example)')).toBe('curl (…@…, …@…)');
});

it('leaves alone what only looks like one', () => {
  for (const text of ['binding/acme@12', 'model:a@1.2', '/v1/roles/developer', 'x@', '@y.example', 'localhost@host']) {
    expect(callerText(text)).toBe(text);
  }
});

it('cuts last, so that half of a key or an address is never left', () => {
  expect(callerText('vic@acme.example', 10)).toBe('…@…');
  expect(callerText('a'.repeat(20), 10)).toHaveLength(10);
});

// By the bound of the test: what takes the square of the length takes minutes here.
it('takes no longer than the text is long', () => {
  expect(callerText(`${'a'.repeat(500_000)}@`)).not.toBe('');
  expect(callerText(`a@${'b.'.repeat(250_000)}`)).not.toBe('');
  expect(callerText('%40'.repeat(250_000))).not.toBe('');
});
