import {
  IssuerChanged,
  IssuerDeleted,
  IssuerDisabled,
  IssuerEnabled,
  IssuerKeysFetched,
  IssuerRecord,
  OwnIssuerPublished,
  type IssuerEvent,
} from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { issuerState } from './issuer-state.projection.js';
import { issuerDecider } from './issuer.decider.js';
import { fetchedFrom, key, named, openMapping, settings, trusted } from './issuer.fixture.js';

const given = specFor(issuerDecider);
const keysUntil = '2026-11-29T09:00:00.000Z';
const seen = IssuerKeysFetched.of({ ...named, keys: [key('1')], keysUntil });
const see = (at: string, ...kids: string[]) => ({
  type: 'SeeIssuerKeys' as const,
  ...named,
  at,
  issuer: settings.issuer,
  fetchedFrom,
  keys: kids.map(key),
  keysUntil: '2026-11-30T09:00:00.000Z',
});
const recordAfter = (...events: IssuerEvent[]) => {
  let held: IssuerRecord | undefined;
  for (const event of events) held = issuerState.project('issuer/issuer_1', held, event, openMapping);
  return IssuerRecord.parse(held);
};
const own = OwnIssuerPublished.of({
  issuerId: 'gatehouse',
  tenantId: 'platform',
  at: named.at,
  issuer: 'https://identity.example',
  audiences: ['https://gateway.example'],
  keys: [key('1')],
});

describe('keys that were fetched', () => {
  it('become those of the issuer, and one that is gone is gone', () => {
    const { type: _, fetchedFrom: __, issuer: ___, ...data } = see('2026-11-28T10:00:00.000Z', '2');
    const event = IssuerKeysFetched.of(data);
    given(trusted, seen).when(see('2026-11-28T10:00:00.000Z', '2')).expect(event);
    expect(recordAfter(trusted, seen, event).keys).toEqual([key('2')]);
  });

  it('are no news while they are the same and fresh, and renew their time before it is over', () => {
    given(trusted, seen).when(see('2026-11-28T10:00:00.000Z', '1')).expect();
    const { type: _, fetchedFrom: __, issuer: ___, ...data } = see('2026-11-28T18:00:00.000Z', '1');
    given(trusted, seen).when(see('2026-11-28T18:00:00.000Z', '1')).expect(IssuerKeysFetched.of(data));
  });

  it('from where the issuer’s keys are not any more change nothing', () => {
    const moved = { ...settings, keySource: { from: 'jwks_uri', uri: 'https://other.example/jwks' } } as const;
    given(trusted, IssuerChanged.of({ ...named, settings: moved, keys: [] }))
      .when(see(named.at, '1'))
      .expect();
    const renamed = { ...settings, issuer: 'https://other.example' };
    given(trusted, IssuerChanged.of({ ...named, settings: renamed, keys: [] }))
      .when(see(named.at, '1'))
      .expect();
  });

  it('of a disabled issuer change nothing', () =>
    given(trusted, IssuerDisabled.of(named)).when(see(named.at, '1')).expect());
});

describe('a change', () => {
  it('of where the keys are from drops those held', () => {
    const changed = { ...settings, keySource: { from: 'discovery' } } as const;
    const event = IssuerChanged.of({ ...named, settings: changed, keys: [] });
    given(trusted, seen)
      .when({ type: 'ChangeIssuer', ...named, settings: changed, keys: null })
      .expect(event);
    expect(recordAfter(trusted, seen, event)).toMatchObject({ keys: [], keysUntil: null });
  });

  it('of anything else keeps them', () => {
    const changed = { ...settings, audiences: ['b'] };
    const event = IssuerChanged.of({ ...named, settings: changed, keys: null });
    given(trusted, seen)
      .when({ type: 'ChangeIssuer', ...named, settings: changed, keys: null })
      .expect(event);
    expect(recordAfter(trusted, seen, event)).toMatchObject({ keys: [key('1')], keysUntil, audiences: ['b'] });
  });
});

describe('an issuer', () => {
  it('that is enabled again accepts nothing of before', () => {
    const at = '2026-11-28T12:00:00.000Z';
    const enabled = IssuerEnabled.of({ ...named, at });
    expect(recordAfter(trusted, seen, IssuerDisabled.of(named))).toMatchObject({ status: 'disabled' });
    expect(recordAfter(trusted, seen, IssuerDisabled.of(named), enabled)).toMatchObject({
      status: 'active',
      notBefore: at,
    });
  });

  it('that is deleted stays as a record without keys and mappings, and is as missing to everybody', () => {
    const deleted = IssuerDeleted.of(named);
    expect(recordAfter(trusted, seen, deleted)).toMatchObject({ status: 'deleted', keys: [], mappings: [] });
    given(trusted, deleted)
      .when({ type: 'EnableIssuer', ...named })
      .expectRefusal('issuer/not-found');
  });

  it('of another tenant is as missing', () =>
    given(trusted)
      .when({ type: 'DisableIssuer', ...named, tenantId: 'evil' })
      .expectRefusal('issuer/not-found'));

  it('maps nobody to anything once its tenant was erased', () => {
    const record = issuerState.project('issuer/issuer_1', undefined, trusted, () => undefined);
    expect(record?.mappings).toEqual([]);
  });
});

describe('our own issuer', () => {
  const { type: _, ...data } = { ...own.data, type: '' };
  it('is accepted for our own kind of tokens only, in the tenant platform', () => {
    expect(recordAfter(own)).toMatchObject({ id: 'gatehouse', tenantId: 'platform', tokenTypes: ['at+jwt'] });
  });

  it('is published again only when something has changed', () => {
    given(own)
      .when({ type: 'PublishOwnIssuer', ...data })
      .expect();
    const next = { ...data, keys: [key('1'), key('2')] };
    given(own)
      .when({ type: 'PublishOwnIssuer', ...next })
      .expect(OwnIssuerPublished.of(next));
  });

  it('is nobody’s to stop, change or delete, not even the operator’s', () => {
    const ours = { issuerId: 'gatehouse', tenantId: 'platform', at: named.at };
    for (const type of ['DisableIssuer', 'DeleteIssuer', 'EnableIssuer'] as const) {
      given(own)
        .when({ type, ...ours })
        .expectRefusal('issuer/not-found');
    }
  });
});
