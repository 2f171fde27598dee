import { builtInRoles } from '../roles/built-in-roles.js';
import { PLATFORM } from '../documents/names.js';
import { kindNames, kinds, type PolicyDocument } from '../kinds/registry.js';
import type { LintContext, Report } from '../lint/lint-context.js';
import { lintPolicyTest } from '../policy-test/policy-test.rules.js';
import type { PolicyTest } from '../policy-test/policy-test.js';
import { lintTags } from '../lint/tag.rules.js';
import { inOrder, type Finding } from './finding.js';
import type { ParsedBundle, SourcedDocument } from './parse-bundle.js';

/** What is in force where the bundle is to be applied. */
export type InForce = {
  /** The whole set of the bundle's tenant, to which the bundle adds and in which it replaces. */
  readonly tenantDocuments: readonly PolicyDocument[];
  /** The platform's whole set; leave empty when the bundle is the platform's own. */
  readonly platformDocuments: readonly PolicyDocument[];
};

/** What a bundle came to. `documents` is empty when there is any error: a bundle is applied whole or not at all. */
export type CheckedBundle = {
  readonly tenant: string | undefined;
  readonly documents: readonly PolicyDocument[];
  /** To be run on the set that the bundle makes; empty like `documents` when there is any error. */
  readonly tests: readonly PolicyTest[];
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
};

/** Adds what only the set in force can tell: references, tags, reachability. All mistakes at once, in order. */
export function lintBundle(bundle: ParsedBundle, inForce: InForce): CheckedBundle {
  const findings = [...bundle.findings, ...duplicates(bundle), ...strangers(bundle)];
  const context = contextOf(bundle, inForce);
  for (const { document, test, finding } of bundle.sources) {
    const report: Report = (mistake) => findings.push(finding(mistake));
    if (test) lintPolicyTest(test, context, report);
    if (!document) continue;
    const { lint } = kinds[document.kind] as {
      lint(document: PolicyDocument, context: LintContext, report: Report): void;
    };
    lint(document, context, report);
    lintTags(document.metadata, context, report);
  }
  const ordered = inOrder(findings, bundle.files);
  const errors = ordered.filter(({ severity }) => severity === 'error');
  const whole = errors.length === 0 ? bundle.sources : [];
  return {
    tenant: bundle.tenant,
    documents: whole.flatMap(({ document }) => document ?? []),
    tests: whole.flatMap(({ test }) => test ?? []),
    errors,
    warnings: ordered.filter(({ severity }) => severity === 'warning'),
  };
}

function duplicates({ sources }: ParsedBundle): Finding[] {
  const seen = new Set<string>();
  return sources.flatMap(({ kind, name, finding }) => {
    if (kind === undefined || name === undefined) return [];
    const id = `${kind}/${name}`;
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    const message = `The bundle has two documents ${id}.`;
    return [finding({ path: ['metadata', 'name'], rule: 'duplicate-document', message })];
  });
}

function strangers({ sources, tenant }: ParsedBundle): Finding[] {
  return sources
    .filter((source) => source.tenant !== undefined && source.tenant !== tenant)
    .map(({ finding }) => {
      const message = `A bundle is of one tenant; the first document is of "${tenant}".`;
      return finding({ path: ['metadata', 'tenant'], rule: 'several-tenants', message });
    });
}

type Named = Pick<SourcedDocument, 'kind' | 'name'>;

function contextOf(
  { sources, tenant = '' }: ParsedBundle,
  { tenantDocuments, platformDocuments }: InForce,
): LintContext {
  const replaced = new Set(sources.map(({ kind, name }) => `${kind}/${name}`));
  const kept = tenantDocuments.filter(({ kind, metadata }) => !replaced.has(`${kind}/${metadata.name}`));
  const read = sources.flatMap(({ document }) => (document ? [document] : []));
  const own = [...kept, ...read];
  // Names also of documents with mistakes, so that one mistake does not bring others along.
  const ownNames = namesByKind([...kept.map(named), ...sources]);
  const platformNames = namesByKind(tenant === PLATFORM ? [] : platformDocuments.map(named));
  const settings = own.find((document) => document.kind === 'TenantSettings')?.spec;
  const pinned = Object.entries(settings?.requiredMetadata ?? {}).filter(([, values]) => values !== '*');
  return {
    tenant,
    own: (kind) => ownNames.get(kind) ?? NONE,
    platform: (kind) => platformNames.get(kind) ?? NONE,
    kinds: kindNames,
    builtInRoles: new Set(builtInRoles.map(({ name }) => name)),
    tagSchema: settings?.tagSchema,
    tagKeys: new Set([...own, ...platformDocuments].flatMap(({ metadata }) => Object.keys(metadata.tags ?? {}))),
    pinnedMetadata: new Set(pinned.map(([key]) => key)),
  };
}

const NONE: ReadonlySet<string> = new Set();
const named = ({ kind, metadata }: PolicyDocument): Named => ({ kind, name: metadata.name });

function namesByKind(documents: readonly Named[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const { kind, name } of documents) {
    if (kind === undefined || name === undefined) continue;
    const held = names.get(kind);
    if (held) held.add(name);
    else names.set(kind, new Set([name]));
  }
  return names;
}
