import { checkBundle, readDocument, type PolicyDocument } from '#libs/policy-language';
import { readFileSync, readdirSync } from 'node:fs';
import { parse } from 'yaml';
import { compile, compileRestrictions, type AccessRequest, type Principal, type TenantSnapshot } from './index.js';

/** One question of the matrix, in short form: what is left out is filled in by `requestOf`. */
export type Case = {
  name: string;
  principal: string;
  action?: string;
  resource: string | { type: string; path: string; owner?: string; tenant?: string; tags?: Record<string, string> };
  operation?: string;
  ip?: string;
  time?: string;
  metadata?: Record<string, string>;
  credential?: {
    kind?: string;
    labels?: Record<string, string>;
    ageDays?: number;
    restrictions?: unknown;
    details?: unknown;
    scopes?: string[];
  };
  expected: {
    decision: 'allow' | 'deny';
    reason: string;
    code?: string;
    by?: string[];
    boundaries?: string[];
    missing?: string[];
  };
};

/** A file of `cases/`: the rule of the language it is about, a policy, and questions about it. */
export type Matrix = {
  file: string;
  rule: string;
  documents: Record<string, unknown>[];
  platform?: Record<string, unknown>[];
  principals: Record<string, Partial<Principal>>;
  cases: Case[];
};

const folder = new URL('../cases/', import.meta.url);
const NOW = '2026-06-01T09:00:00Z';

/** Every file of `cases/`. */
export function readMatrices(): Matrix[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files
    .toSorted()
    .map((file) => ({ file, ...(parse(readFileSync(new URL(file, folder), 'utf8')) as object) }) as Matrix);
}

/** The documents with their envelope, once through the whole lint: a matrix must not rest on what no tenant could publish. */
export function snapshotOf({ documents, platform = [] }: Matrix): TenantSnapshot {
  const platformDocuments = linted(platform, 'platform', []);
  const own = linted(documents, 'acme', platformDocuments);
  return compile({ tenant: 'acme', documents: own, platformDocuments, policyRevision: 1, platformRevision: 1 });
}

function linted(
  documents: Record<string, unknown>[],
  tenant: string,
  platformDocuments: PolicyDocument[],
): PolicyDocument[] {
  if (documents.length === 0) return [];
  const whole = documents.map(({ metadata, ...rest }) => {
    return { apiVersion: 'gatehouse/v1', ...rest, metadata: { tenant, ...(metadata as object) } };
  });
  const files = [{ name: 'matrix', text: JSON.stringify(whole) }];
  const { errors } = checkBundle(files, { tenantDocuments: [], platformDocuments });
  if (errors.length > 0) throw new Error(JSON.stringify(errors, null, 2));
  return whole.map(readDocument);
}

/** The whole request of a case. */
export function requestOf({ principals }: Matrix, given: Case): AccessRequest {
  const { restrictions, details, ...credential } = given.credential ?? {};
  const [type = '', ...path] = typeof given.resource === 'string' ? given.resource.split(':') : [];
  return {
    principal: {
      id: given.principal,
      kind: 'user',
      tenant: 'acme',
      teams: [],
      groups: [],
      labels: {},
      ...principals[given.principal],
    },
    action: given.action ?? 'model:invoke',
    resource: typeof given.resource === 'string' ? { type, path: path.join(':') } : given.resource,
    credential: {
      kind: 'pat',
      ...credential,
      restrictions: compileRestrictions(restrictions),
      details: compileRestrictions(details),
    },
    request: {
      operation: given.operation ?? 'chat',
      timeMs: Date.parse(given.time ?? NOW),
      ...(given.ip === undefined ? {} : { ip: given.ip }),
      ...(given.metadata ? { metadata: given.metadata } : {}),
    },
  };
}
