import { OWN_ISSUER_ID, type IssuerRecord } from '#libs/contracts';
import type { IdentityView } from '../identity/identity-view.js';

/** External issuers by what their tokens call them; made again when any of their records has changed. */
export class IssuerIndex {
  private byIssuer = new Map<string, IssuerRecord[]>();
  private madeOf = -1;

  constructor(private readonly view: Pick<IdentityView, 'issuers'>) {}

  /** The one record of that issuer and audience: none where two claim the same, as nobody could say whose it is. */
  find(issuer: string, audience: string): IssuerRecord | undefined {
    if (this.madeOf !== this.view.issuers.changes) this.make();
    const found = this.byIssuer.get(issuer)?.filter(({ audiences }) => audiences.includes(audience)) ?? [];
    const living = found.filter(({ status }) => status !== 'deleted');
    return living.length === 1 ? living[0] : undefined;
  }

  private make(): void {
    this.byIssuer = new Map();
    for (const record of this.view.issuers.records()) {
      if (record.id === OWN_ISSUER_ID) continue;
      const same = this.byIssuer.get(record.issuer);
      if (same) same.push(record);
      else this.byIssuer.set(record.issuer, [record]);
    }
    this.madeOf = this.view.issuers.changes;
  }
}
