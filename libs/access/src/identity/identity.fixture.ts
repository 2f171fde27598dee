import type { Place } from '#libs/bus';
import type {
  ClientRecord,
  CredentialRecord,
  IssuerRecord,
  PrincipalRecord,
  RevocationKind,
  TeamRecord,
  TenantRecord,
} from '#libs/contracts';
import { clientKey, credentialKey, issuerKey, principalKey, revocationKey, tenantKey } from '#libs/contracts';
import { mintKeyText, type MintedKey } from '../keys/key-text.js';
import { Peppers } from '../keys/peppers.js';
import { IdentityView } from './identity-view.js';

/** Any pepper will do: what is MACed with it never leaves the spec. */
export const peppers = Peppers.parse(`1:${Buffer.from('k7#Qz!m2Vx9&Lp4@Rt8*Wc3%Yn6^Hb1~').toString('base64')}`);
export const NOW_MS = Date.parse('2026-11-23T09:00:00.000Z');

export const acme: TenantRecord = { id: 'acme', status: 'active' };
export const ada: PrincipalRecord = {
  id: 'user_ada',
  kind: 'user',
  tenantId: 'acme',
  status: 'active',
  epoch: 1,
  name: null,
  email: 'ada@acme.example',
  teams: ['research'],
  groups: [],
  labels: { clearance: 'high' },
  ownerTeam: null,
  operator: false,
};

/** A valid credential of ada for a key that was just minted. */
export function credentialOf(key: MintedKey, change: Partial<CredentialRecord> = {}): CredentialRecord {
  return {
    keyId: key.keyId,
    kind: 'pat',
    tenantId: 'acme',
    ownerId: ada.id,
    ownerEpoch: 1,
    status: 'active',
    secrets: [{ mac: peppers.mac(key.text) ?? '', pepperVersion: 1, until: null }],
    restrictions: {},
    labels: {},
    issuedAt: '2026-11-01T00:00:00.000Z',
    rotatedAt: null,
    notBefore: null,
    expiresAt: null,
    ...change,
  };
}

/** For specs in which no policy says anything of keys. */
export const noPolicy = { snapshot: () => undefined };

/** Puts records into a view as the feed does: the place first, then the content. */
export class Applier {
  private offset = 0n;

  constructor(readonly view = new IdentityView(() => NOW_MS)) {}

  put(key: string, record: object | string | null, place: Partial<Place> = {}): void {
    this.offset += 1n;
    const at = { offset: this.offset, generation: 1, epoch: 1, position: Number(this.offset), ...place };
    this.view.set(key, at, record === null);
    const text = typeof record === 'string' ? record : JSON.stringify(record);
    this.view.apply(key, record === null ? null : Buffer.from(text));
  }

  credential(record: CredentialRecord): void {
    this.put(credentialKey(record.keyId), record);
  }

  principal(record: PrincipalRecord): void {
    this.put(principalKey(record.id), record);
  }

  tenant(record: TenantRecord): void {
    this.put(tenantKey(record.id), record);
  }

  team(record: TeamRecord): void {
    this.put(`team/${record.id}`, record);
  }

  issuer(record: IssuerRecord): void {
    this.put(issuerKey(record.id), record);
  }

  client(record: ClientRecord): void {
    this.put(clientKey(record.id), record);
  }

  /** Ends what was issued at or before `atMs`; of no use after two hours. */
  revoke(kind: RevocationKind, id: string, atMs = NOW_MS): void {
    const [at, until] = [atMs, atMs + 7_200_000].map((ms) => new Date(ms).toISOString());
    this.put(revocationKey(kind, id), { kind, id, tenantId: 'acme', at, until });
  }
}

/** Tenant acme with ada and one valid key of hers. */
export function adasKey(change: Partial<CredentialRecord> = {}): { applier: Applier; key: MintedKey } {
  const applier = new Applier();
  const key = mintKeyText('pat', 'p');
  applier.tenant(acme);
  applier.principal(ada);
  applier.credential(credentialOf(key, change));
  return { applier, key };
}
