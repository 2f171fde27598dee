import { randomBytes } from 'node:crypto';
import { MasterKey, sealUpstreamCredential } from '#libs/access';
import { secretKey } from '#libs/contracts';
import { expect, it } from 'vitest';
import { UpstreamCredentials } from './upstream-credentials.js';

const master = MasterKey.parse(randomBytes(32).toString('base64'));
const origin = 'https://api.example.com';
const sealed = (version: number, credential: string, place = {}) =>
  sealUpstreamCredential(master, { tenantId: 'acme', account: 'main', version, origin, ...place }, credential);
const apply = (to: UpstreamCredentials, record: ReturnType<typeof sealed>, key?: string) =>
  to.apply(key ?? secretKey(record.tenantId, record.account, record.version), Buffer.from(JSON.stringify(record)));

it('opens the newest version of an account’s credential, for its own origin alone', () => {
  const credentials = new UpstreamCredentials(master);
  apply(credentials, sealed(2, 'second'));
  apply(credentials, sealed(1, 'first'));
  expect(credentials.of('acme', 'main', origin)).toBe('second');
  expect(credentials.of('acme', 'main', 'https://evil.example')).toBeUndefined();
  expect(credentials.of('globex', 'main', origin)).toBeUndefined();
});

it('serves nothing for a changed base URL until the credential is set again for it', () => {
  const credentials = new UpstreamCredentials(master);
  const moved = 'https://new.example.com';
  apply(credentials, sealed(1, 'first'));
  expect(credentials.of('acme', 'main', moved)).toBeUndefined();
  apply(credentials, sealed(2, 'second', { origin: moved }));
  expect(credentials.of('acme', 'main', moved)).toBe('second');
  expect(credentials.of('acme', 'main', origin)).toBeUndefined();
});

it('does not open a record that was moved to another account, version, tenant or origin', () => {
  for (const change of [
    { account: 'other' },
    { version: 9 },
    { tenantId: 'globex' },
    { origin: 'https://evil.example' },
  ]) {
    const credentials = new UpstreamCredentials(master);
    const moved = { ...sealed(1, 'secret'), ...change };
    apply(credentials, moved);
    expect(credentials.of(moved.tenantId, moved.account, moved.origin)).toBeUndefined();
    expect(credentials.counts().unreadable).toBe(1);
  }
});

it('denies an account whose newest record cannot be read, rather than going on with an older one', () => {
  const credentials = new UpstreamCredentials(master);
  apply(credentials, sealed(1, 'first'));
  credentials.apply(secretKey('acme', 'main', 2), Buffer.from('no json'));
  expect(credentials.of('acme', 'main', origin)).toBeUndefined();
  credentials.apply(secretKey('acme', 'main', 2), null);
  expect(credentials.of('acme', 'main', origin)).toBe('first');
});

it('ignores keys of other forms', () => {
  const credentials = new UpstreamCredentials(master);
  credentials.apply('watermark', Buffer.from('{}'));
  credentials.apply('acme/main', Buffer.from('{}'));
  expect(credentials.counts()).toEqual({ accounts: 0, unreadable: 0 });
});
