import { credentialKey, principalKey } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { Authenticator } from '../authentication/authenticator.js';
import { mintKeyText } from '../keys/key-text.js';
import { FollowingIdentityView } from './following-identity-view.js';
import { acme, ada, Applier, credentialOf, noPolicy, NOW_MS, peppers } from './identity.fixture.js';
import type { IdentityNews } from './identity-news.js';
import { ToldIdentityView } from './told-identity-view.js';

/** A view, one that follows it, and what the second was told and has not taken in. */
function followed() {
  const untaken: IdentityNews[] = [];
  // As between threads: what is told is a copy.
  const told = new ToldIdentityView(
    () => NOW_MS,
    (news) => untaken.push(structuredClone(news)),
  );
  const takeAll = () => untaken.splice(0).forEach((news) => following.take(news));
  const following: FollowingIdentityView = new FollowingIdentityView(() => NOW_MS, told.share, takeAll);
  const authenticator = new Authenticator({ identity: following, peppers, policy: noPolicy, accepts: ['pat'] });
  const reasonFor = (text: string) => {
    const answer = authenticator.authenticate(text, NOW_MS);
    return answer.ok ? 'ok' : answer.reason;
  };
  return { applier: new Applier(told), told, following, untaken, takeAll, reasonFor };
}

describe('a thread that follows the view of another', () => {
  it('knows a key as soon as it is written, with its owner, however late its event loop gets to what it was told', () => {
    const { applier, untaken, reasonFor } = followed();
    const key = mintKeyText('pat', 'p');
    applier.tenant(acme);
    applier.principal(ada);
    applier.credential(credentialOf(key));
    expect(untaken.length).toBeGreaterThan(4);
    expect(reasonFor(key.text)).toBe('ok');
  });

  it('refuses a revoked key at once, though it has served it and was told nothing since', () => {
    const { applier, untaken, reasonFor } = followed();
    const key = mintKeyText('pat', 'p');
    applier.tenant(acme);
    applier.principal(ada);
    applier.credential(credentialOf(key));
    expect(reasonFor(key.text)).toBe('ok');
    applier.credential(credentialOf(key, { status: 'revoked' }));
    untaken.length = 0;
    expect(reasonFor(key.text)).toBe('key_revoked');
  });

  it('never takes a rotated key’s former text for its new one', () => {
    const { applier, reasonFor } = followed();
    const [key, next] = [mintKeyText('pat', 'p'), mintKeyText('pat', 'p')];
    applier.tenant(acme);
    applier.principal(ada);
    applier.credential(credentialOf(key));
    expect(reasonFor(key.text)).toBe('ok');
    applier.credential(credentialOf(next, { keyId: key.keyId }));
    expect(reasonFor(key.text)).toBe('key_mac_mismatch');
  });

  it('is told of everything else in order, and has the same', () => {
    const { applier, told, following, takeAll } = followed();
    applier.tenant(acme);
    applier.principal({ ...ada, id: 'user_else', email: 'else@acme.example' });
    applier.principal(ada);
    applier.team({ id: 'acme/crew', status: 'suspended' });
    applier.revoke('principal', ada.id);
    applier.put(principalKey('user_gone'), null);
    takeAll();
    expect(following.principals()).toEqual(told.principals());
    expect(following.tenants()).toEqual(['acme']);
    expect(following.ownerIsActive({ ...ada, ownerTeam: 'crew' })).toBe(false);
    expect(following.revocations.ends(`principal/${ada.id}`, NOW_MS)).toBe(true);
    expect(following.directory.knownPrincipal(ada.id)?.number).toBe(told.directory.knownPrincipal(ada.id)?.number);
  });

  it('goes on from a snapshot that the other has taken in', () => {
    const before = followed();
    const key = mintKeyText('pat', 'p');
    before.applier.tenant(acme);
    before.applier.principal(ada);
    before.applier.credential(credentialOf(key, { labels: { of: 'before' } }));
    const { told, reasonFor, following } = followed();
    told.import(before.told.export());
    expect(reasonFor(key.text)).toBe('ok');
    expect(following.principal(ada.id)).toEqual(ada);
  });

  it('holds no credential of its own, and says so to whoever would write one', () => {
    const { following } = followed();
    const place = { offset: 1n, generation: 1, epoch: 1, position: 1 };
    expect(() => following.set(credentialKey('abcdefghijkl'), place, false)).toThrow('Another thread');
  });
});
