import {
  documentId,
  isReference,
  operatorOf,
  type Condition,
  type Kind,
  type PolicyDocument,
} from '#libs/policy-language';
import { PersistentMap } from '../persistent/persistent-map.js';

/** The documents of one set by `<kind>/<name>`; what its revisions have in common is one object in both. */
export type DocumentSet = PersistentMap<PolicyDocument>;

/** A set of these documents; of two with the same kind and name the last. */
export const documentSet = (documents: Iterable<PolicyDocument>): DocumentSet =>
  PersistentMap.of(Array.from(documents, (document) => [documentId(document), document] as const));

/** The name in a key of a document set. */
export const nameIn = (id: string) => id.slice(id.indexOf('/') + 1);

/** The kind in a key of a document set. */
export const kindIn = (id: string) => id.slice(0, id.indexOf('/')) as Kind;

const OPERATION = 'request.operation';

/** Whether some condition of a document asks for the operation; where none does, all operations decide alike. */
export function readsOperation(document: PolicyDocument | undefined): boolean {
  return conditionsOf(document).some((condition) => {
    const { operand } = operatorOf(condition);
    return condition.attr === OPERATION || (isReference(operand) && operand.ref === OPERATION);
  });
}

function conditionsOf(document: PolicyDocument | undefined): readonly Condition[] {
  const statements =
    document?.kind === 'Role'
      ? document.spec.statements
      : document?.kind === 'Boundary'
        ? document.spec.allow
        : document?.kind === 'Model'
          ? (document.spec.grants ?? [])
          : [];
  return statements.flatMap(({ when = [], unless = [] }) => [...when, ...unless]);
}
