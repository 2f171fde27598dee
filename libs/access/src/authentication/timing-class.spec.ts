import { credentialKey } from '#libs/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { adasKey, credentialOf, noPolicy, NOW_MS, peppers } from '../identity/identity.fixture.js';
import { mintKeyText, mintRotatedText } from '../keys/key-text.js';
import { Authenticator } from './authenticator.js';

// What takes time is the MAC; so the class of an answer is how many of them it took, on any machine.
const macs = vi.spyOn(peppers, 'digest');
afterEach(() => macs.mockClear());
/** Without those for a pepper that there is not, which compute nothing. */
const computed = () => macs.mock.results.filter(({ value }) => value !== undefined).length;

const { applier, key } = adasKey();
const rotated = mintKeyText('pat', 'p');
const revoked = mintKeyText('pat', 'p');
const unreadable = mintKeyText('pat', 'p');
const secretOf = (text: string, until: string | null) => ({ mac: peppers.mac(text) ?? '', pepperVersion: 1, until });
applier.credential(
  credentialOf(rotated, {
    secrets: [secretOf(mintKeyText('pat', 'p').text, null), secretOf(rotated.text, '2020-01-01T00:00:00Z')],
  }),
);
applier.credential(credentialOf(revoked, { status: 'revoked', secrets: [secretOf(revoked.text, null)] }));
applier.put(credentialKey(unreadable.keyId), '{');

describe('a key that is refused', () => {
  it.each([
    ['unknown', mintKeyText('pat', 'p').text],
    ['known, with another secret', mintRotatedText('pat', 'p', key.keyId).text],
    ['rotated, with a third secret', mintRotatedText('pat', 'p', rotated.keyId).text],
    ['rotated, with the former secret after its overlap', rotated.text],
    ['revoked, with another secret', mintRotatedText('pat', 'p', revoked.keyId).text],
    ['revoked, with its own secret', revoked.text],
    ['one whose record cannot be read', unreadable.text],
  ])('costs two MACs, no more and no fewer: %s', (_, text) => {
    const authenticator = new Authenticator({ identity: applier.view, peppers, policy: noPolicy, accepts: ['pat'] });
    macs.mockClear();
    expect(authenticator.authenticate(text, NOW_MS).ok).toBe(false);
    expect(computed()).toBe(2);
  });

  it('costs none when its checksum is wrong, which anybody can see without us', () => {
    const authenticator = new Authenticator({ identity: applier.view, peppers, policy: noPolicy, accepts: ['pat'] });
    expect(authenticator.authenticate(`${key.text.slice(0, -1)}-`, NOW_MS).ok).toBe(false);
    expect(computed()).toBe(0);
  });
});

it('computes the MAC of a valid text once', () => {
  const authenticator = new Authenticator({ identity: applier.view, peppers, policy: noPolicy, accepts: ['pat'] });
  for (let i = 0; i < 5; i += 1) expect(authenticator.authenticate(key.text, NOW_MS).ok).toBe(true);
  expect(computed()).toBe(2);
});
