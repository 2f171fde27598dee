import { IdentityView } from '#libs/access';
import { subjectsOf, withSubjects, type Finding, type PolicyDocument } from '#libs/policy-language';
import { Injectable } from '@nestjs/common';

const byEmail = (subject: string) => subject.startsWith('user:') && subject.includes('@');

/** Turns `user:<e-mail>` into `user:<id>` on the way in and back on the way out, so that no address is kept for ever. */
@Injectable()
export class SubjectNames {
  constructor(private readonly identity: IdentityView) {}

  /** The document with ids, and the addresses of which nobody is known. */
  toIds(document: PolicyDocument): { document: PolicyDocument; unknown: readonly string[] } {
    const { tenant } = document.metadata;
    const unknown: string[] = [];
    const named = withSubjects(document, (subject) => {
      if (!byEmail(subject)) return subject;
      const user = this.identity.principalByEmail(tenant, subject.slice('user:'.length).toLowerCase());
      if (user) return `user:${user.id}`;
      unknown.push(subject);
      return subject;
    });
    return { document: named, unknown };
  }

  /** The document as people read it: the address of everybody who still has one. */
  toEmails(document: PolicyDocument): PolicyDocument {
    return withSubjects(document, (subject) => {
      if (!subject.startsWith('user:')) return subject;
      // An id that somebody wrote down may be another tenant's: whose it is would be told by the address.
      const user = this.identity.principal(subject.slice('user:'.length));
      return user?.email && user.tenantId === document.metadata.tenant ? `user:${user.email}` : subject;
    });
  }

  /** Whether a document names anybody by address. */
  mentionsEmails(document: PolicyDocument): boolean {
    return subjectsOf(document).some(byEmail);
  }
}

/** What is answered for an address of which nobody is known. */
export function unknownSubject(
  subject: string,
  place: Pick<Finding, 'file' | 'line' | 'column' | 'document'>,
): Finding {
  const message = `Nobody of this tenant has the address in "${subject}".`;
  const suggestion = 'Register the user first, or name them by id.';
  return { severity: 'error', rule: 'unknown-subject', pointer: '', message, suggestion, ...place };
}
