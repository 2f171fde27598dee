import { problem } from '#libs/http';
import { API_VERSION, NESTING_MAX } from '#libs/policy-language';

/** The binding that makes the admin one. */
const ADMINISTRATORS = 'administrators';
/** All documents of one onboarding as text, UTF-16 units. */
const CHARACTERS_MAX = 262_144;

type Document = Readonly<Record<string, unknown>>;
export type OnboardingFile = { readonly name: string; readonly text: string };
type Admin = { readonly userId: string; readonly email: string };

/**
 * The documents of an onboarding as policy is given them: one a file, `documents/<n>.json` as they were sent, each of
 * this tenant, with the admin's id for their address; and last the binding that makes them its administrator.
 * @throws ProblemError 422 for a document of another tenant, one nested too deep, or too much text.
 */
export function onboardingFiles(
  tenantId: string,
  admin: Admin,
  documents: readonly Document[] = [],
): readonly OnboardingFile[] {
  const subject = `user:${admin.userId}`;
  const address = `user:${admin.email}`.toLowerCase();
  const named = documents.map((document, n) => {
    const ofTenant = withTenant(tenantId, document, n);
    return { name: `documents/${n}.json`, text: jsonText(withSubject(ofTenant, address, subject, `/documents/${n}`)) };
  });
  const metadata = { name: ADMINISTRATORS, tenant: tenantId };
  const spec = { subjects: [subject], roles: ['admin'] };
  const binding = { apiVersion: API_VERSION, kind: 'RoleBinding', metadata, spec };
  const files = [...named, { name: 'administrators.json', text: jsonText(binding) }];
  if (files.reduce((sum, { text }) => sum + text.length, 0) > CHARACTERS_MAX) {
    throw invalid('/documents', `All documents together have ${CHARACTERS_MAX} characters at most.`);
  }
  return files;
}

function withTenant(tenantId: string, document: Document, n: number): Document {
  const { metadata } = document;
  if (typeof metadata !== 'object' || metadata === null) return document;
  if ('tenant' in metadata && metadata.tenant !== tenantId) {
    throw invalid(`/documents/${n}/metadata/tenant`, 'Every document is one of the tenant that is onboarded.');
  }
  return { ...document, metadata: { ...metadata, tenant: tenantId } };
}

/** Wherever a text is exactly the admin's address as a subject, it is their id: no address is kept for ever. */
function withSubject(value: unknown, address: string, subject: string, place: string, depth = 0): unknown {
  if (depth > NESTING_MAX) throw invalid(place, `Nesting deeper than ${NESTING_MAX} levels is refused.`);
  if (typeof value === 'string') return value.toLowerCase() === address ? subject : value;
  if (typeof value !== 'object' || value === null) return value;
  const within = (each: unknown) => withSubject(each, address, subject, place, depth + 1);
  if (Array.isArray(value)) return value.map(within);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, within(each)]));
}

const jsonText = (value: unknown) => JSON.stringify(value, undefined, 2);

function invalid(pointer: string, detail: string) {
  return problem(422, 'onboarding/invalid', detail, [{ pointer, detail }]);
}
