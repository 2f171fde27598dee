import type { HeadRecord } from '#libs/contracts';
import type { DocumentSet, TenantSnapshot } from '#libs/decision-engine';
import { TenantDocuments } from './tenant-documents.js';

/** A set whose head verified. */
export type PolicySet = { readonly head: HeadRecord; readonly documents: DocumentSet };

/** What stands in the way of a tenant's newest revision. */
export type PolicyAlarm = {
  readonly tenantId: string;
  readonly fault: string;
  /** Revision that the head asks for; 0 where the head itself could not be read. */
  readonly revision: number;
};

/** What a snapshot was compiled from. */
export type CompiledFrom = { readonly own: PolicySet | undefined; readonly platform: PolicySet | undefined };

/** One tenant's documents, head and what was made of them. */
export class TenantPolicy {
  readonly documents = new TenantDocuments();
  head: HeadRecord | undefined;
  /** What took the head's place is no head: from then on nobody knows what the policy is. */
  headLost = false;
  /** The newest set that verified. */
  verified: PolicySet | undefined;
  /** The set before it, kept until the newest one has compiled. */
  fallback: PolicySet | undefined;
  compiled: (CompiledFrom & { readonly snapshot: TenantSnapshot }) | undefined;
  /** Sets that did not compile, so that they are not tried again for each request. */
  failed: CompiledFrom | undefined;
  alarm: PolicyAlarm | undefined;
  /** Since when something is wrong, on the view's clock. */
  alarmedAtMs = 0;

  constructor(readonly tenantId: string) {}

  /** Without a head, what has come so far is not in force: such a tenant has the built-in roles only. */
  get hasHead(): boolean {
    return this.head !== undefined || this.headLost;
  }

  /** Looks whether the documents are those that the head describes, and puts them in force if so. */
  verify(nowMs: number): void {
    const { head } = this;
    if (!head || this.headLost) return;
    const held = this.verified?.head;
    if (held && held.revision === head.revision && held.setDigest === head.setDigest && !this.alarm) {
      return this.documents.forgetBefore(head.revision);
    }
    const set = this.documents.verify(head);
    if (!set.ok) return this.raise(set.fault, head.revision, nowMs);
    this.alarm = undefined;
    if (this.verified) this.fallback = this.verified;
    this.verified = { head, documents: set.documents };
    this.documents.forgetBefore(head.revision);
  }

  raise(fault: string, revision: number, nowMs: number): void {
    if (!this.alarm) this.alarmedAtMs = nowMs;
    this.alarm = { tenantId: this.tenantId, fault, revision };
  }
}
