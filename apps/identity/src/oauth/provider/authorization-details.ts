import { compileRestrictions } from '#libs/decision-engine';
import { AllowStatement } from '#libs/policy-language';
import { errors } from 'oidc-provider';
import { DETAILS_TYPE } from '../clients/client-metadata.js';

/** Statements that one token carries at most, and characters of all of them: it must fit into a header. */
export const DETAILS_MAX = 20;
export const DETAILS_CHARACTERS_MAX = 3_000;

export type Detail = Readonly<Record<string, unknown>> & { readonly type: string };

/** Parses and checks the parameter where oidc-provider does not. @throws InvalidAuthorizationDetails */
export function readDetails(text: string | undefined): readonly Detail[] | undefined {
  if (text === undefined) return undefined;
  const list = parsed(text);
  if (!Array.isArray(list) || list.length === 0) throw refused('must be a JSON array with at least one member');
  requireSmall(list);
  return list.map(requireDetail);
}

/** One of ours: `{type: 'gatehouse', actions, resources, when?, unless?}`. @throws InvalidAuthorizationDetails */
export function requireDetail(detail: unknown): Detail {
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail))
    throw refused('has a member that is no object');
  const { type, ...statement } = detail as Detail;
  if (type !== DETAILS_TYPE) throw refused(`has a type that is not known here; the only one is ${DETAILS_TYPE}`);
  const read = AllowStatement.safeParse(statement);
  if (!read.success) throw refused('has a member that is no statement of actions and resources');
  // Read as guards will read it: what permits nothing there is refused here.
  if (compileRestrictions({ statements: [statement] })?.unreadable !== false) {
    throw refused('has a member whose actions, resources or conditions cannot be read');
  }
  return { ...(statement as object), type };
}

/** @throws InvalidAuthorizationDetails for more than a token can carry. */
export function requireSmall(details: readonly unknown[]): void {
  if (details.length > DETAILS_MAX) throw refused(`has more than ${DETAILS_MAX} members`);
  if (JSON.stringify(details).length > DETAILS_CHARACTERS_MAX) throw refused('is too long');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused('is no JSON');
  }
}

const refused = (what: string) => new errors.InvalidAuthorizationDetails(`authorization_details ${what}`);
