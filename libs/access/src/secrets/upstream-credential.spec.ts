import { SecretRecord } from '#libs/contracts';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MasterKey } from './master-key.js';
import { openUpstreamCredential, sealUpstreamCredential, UpstreamCredentialUnreadable } from './upstream-credential.js';

const master = MasterKey.parse(randomBytes(32).toString('base64'));
const place = { tenantId: 'acme', account: 'openai-main', version: 3, origin: 'https://api.openai.com' };
const sealed = sealUpstreamCredential(master, place, 'sk-upstream');

describe('a sealed upstream credential', () => {
  it('opens where it was sealed for', () => {
    expect(SecretRecord.parse(sealed)).toEqual(sealed);
    expect(openUpstreamCredential(master, sealed)).toBe('sk-upstream');
  });

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another account', { account: 'other' }],
    ['another version', { version: 4 }],
    ['another tenant', { tenantId: 'globex' }],
    ['another data key', { dataKey: master.newDataKey('acme') }],
    ['a cut box', { box: sealed.box.slice(0, 20) }],
  ])('does not open for %s, and says nothing of its content', (_, change) => {
    const moved = { ...sealed, ...change };
    expect(() => openUpstreamCredential(master, moved)).toThrow(UpstreamCredentialUnreadable);
    expect(() => openUpstreamCredential(master, moved)).not.toThrow('sk-upstream');
  });

  it('does not open under another master key', () => {
    const other = MasterKey.parse(randomBytes(32).toString('base64'));
    expect(() => openUpstreamCredential(other, sealed)).toThrow(UpstreamCredentialUnreadable);
  });

  it('shares the tenant’s data key when given an earlier record’s, and still differs each time', () => {
    const next = sealUpstreamCredential(master, { ...place, version: 4, dataKey: sealed.dataKey }, 'sk-upstream');
    expect(next.dataKey).toBe(sealed.dataKey);
    expect(next.box).not.toBe(sealed.box);
    expect(openUpstreamCredential(master, next)).toBe('sk-upstream');
  });
});

it.each(['', 'c2hvcnQ=', Buffer.alloc(32).toString('base64'), 'not base64 !'])('refuses %j as a master key', (text) => {
  expect(() => MasterKey.parse(text)).toThrow(/^The master key/);
});
