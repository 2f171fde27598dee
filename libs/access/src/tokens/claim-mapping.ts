import type { IssuerMapping, IssuerRecord } from '#libs/contracts';
import { compileGlob, type Glob } from '#libs/policy-language';
import type { IdentityView } from '../identity/identity-view.js';

type Claims = Readonly<Record<string, unknown>>;
type Rule = { readonly match: readonly (readonly [claim: string, glob: Glob])[]; readonly mapping: IssuerMapping };

/** Whom an external token acts as, and the teams that it adds while it does. */
export type MappedSubject = {
  readonly teams: readonly string[];
  /** Id of the principal now: an address can become somebody else's. */
  readonly principalId: (view: IdentityView) => string | undefined;
};

/** Texts beyond this length match nothing: a glob may take the square of a text's length. */
const MATCHED_CHARACTERS_MAX = 512;

const compiled = new WeakMap<IssuerRecord, readonly Rule[]>();

/** By the first of the issuer's rules whose `match` holds; undefined where none does, and the token is invalid then. */
export function mappedSubject(record: IssuerRecord, claims: Claims): MappedSubject | undefined {
  const rule = rulesOf(record).find(({ match }) => match.every(([claim, glob]) => holds(own(claims, claim), glob)));
  if (!rule) return undefined;
  const { as, teams } = rule.mapping;
  if ('virtualAccountId' in as) return { teams, principalId: () => as.virtualAccountId };
  const text = own(claims, as.claim);
  if (typeof text !== 'string' || text === '') return undefined;
  if (as.userBy === 'id') return { teams, principalId: () => text };
  // OpenID Connect: an address that the issuer has not verified may be anybody's. Other claims are the issuer's word.
  if (as.claim === 'email' && claims['email_verified'] !== true) return undefined;
  return { teams, principalId: (view) => view.principalByEmail(record.tenantId, text)?.id };
}

function rulesOf(record: IssuerRecord): readonly Rule[] {
  const known = compiled.get(record);
  if (known) return known;
  const rules = record.mappings.map((mapping) => ({
    mapping,
    match: Object.entries(mapping.match).map(([claim, glob]) => [claim, compileGlob(glob)] as const),
  }));
  compiled.set(record, rules);
  return rules;
}

function holds(value: unknown, glob: Glob): boolean {
  if (Array.isArray(value)) return value.some((each) => !Array.isArray(each) && holds(each, glob));
  const text = typeof value === 'boolean' || typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.length <= MATCHED_CHARACTERS_MAX && glob.matches(text);
}

function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
