import { IdentityView } from '#libs/access';
import { withSubjects, type PolicyDocument } from '#libs/policy-language';
import { Injectable } from '@nestjs/common';

/** Turns `user:<id>` back into `user:<e-mail>` for readers: documents are kept with ids, so that no address is for ever. */
@Injectable()
export class SubjectNames {
  constructor(private readonly identity: IdentityView) {}

  /** The document as people read it: the address of everybody who still has one. */
  toEmails(document: PolicyDocument): PolicyDocument {
    return withSubjects(document, (subject) => {
      if (!subject.startsWith('user:')) return subject;
      // An id that somebody wrote down may be another tenant's: whose it is would be told by the address.
      const user = this.identity.principal(subject.slice('user:'.length));
      return user?.email && user.tenantId === document.metadata.tenant ? `user:${user.email}` : subject;
    });
  }
}
