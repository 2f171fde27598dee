import { CompileError, counterExample, grantedBy, isAdministrator, runPolicyTests } from '#libs/decision-engine';
import {
  documentId,
  PLATFORM,
  parseBundle,
  readDocument,
  type Finding,
  type ParsedBundle,
  type PolicyDocument,
  type SourceFile,
} from '#libs/policy-language';
import { addressesIn } from './bundle-subjects.js';
import type { CompiledTenants, DraftSets } from './compiled-tenants.js';
import type { Draft, DraftJob, ReadBundle, Stage } from './draft-messages.js';
import { failedTests } from './failed-tests.js';
import type { ParsedDocuments } from './parsed-documents.js';
import { bundleChanges, knownChanges, type ReadChanges } from './read-changes.js';
import type { WantedChange } from './wanted-change.js';

type Tell = (stage: Stage) => void;

/** Reads a bundle; a bundle that was read just now is not read again for its draft. */
export class Bundles {
  private last: { readonly files: string; readonly bundle: ParsedBundle } | undefined;

  read(files: readonly SourceFile[]): ParsedBundle {
    const key = JSON.stringify(files);
    if (this.last?.files !== key) this.last = { files: key, bundle: parseBundle(files) };
    return this.last.bundle;
  }
}

/** What has to be known of a bundle before it can be drafted. */
export function readBundle(bundle: ParsedBundle): ReadBundle {
  const { tenant, sources } = bundle;
  const hasTests = sources.some(({ test }) => test !== undefined);
  return { tenant, addresses: addressesIn(bundle), hasTests };
}

/** What stays known between drafts; it changes what one costs, and nothing else. */
export type DraftMemory = {
  readonly bundles: Bundles;
  readonly parsed: ParsedDocuments;
  readonly compiled: CompiledTenants;
};

/** What a source would change, whether its set compiles, its tests, and what it would grant. Pure; bounded by its input. */
export function draft(job: DraftJob, { bundles, parsed, compiled }: DraftMemory, tell: Tell): Draft {
  const { source, sets } = job;
  tell('reading');
  const bundle = source.type === 'bundle' ? bundles.read(source.files) : undefined;
  const own = parsed.of(sets.own);
  const platform = parsed.of(sets.platform);
  tell('linting');
  const inForce = { tenantDocuments: own, platformDocuments: job.tenantId === PLATFORM ? [] : platform };
  const read =
    source.type === 'bundle'
      ? bundleChanges(bundle as ParsedBundle, source, sets, inForce)
      : knownChanges(source, sets, inForce);
  const wanted = differing(sets.own, read.wanted);
  const outcome: Draft = {
    errors: read.errors,
    warnings: read.warnings,
    addresses: read.addresses,
    wanted,
    report: undefined,
    failedTests: [],
    exceeding: undefined,
  };
  if (read.errors.length > 0) return outcome;
  const after = changedSet(own, wanted);
  try {
    return { ...outcome, ...judged(job, read, { bundle, compiled, sets: { own, after, platform } }, tell) };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return { ...outcome, wanted: [], errors: [{ ...NOWHERE, rule: 'does-not-compile', message: error.message }] };
  }
}

type Material = {
  readonly bundle: ParsedBundle | undefined;
  readonly compiled: CompiledTenants;
  readonly sets: DraftSets;
};

function judged(
  { tenantId, people, holder, nowMs }: DraftJob,
  { documents, tests, wanted }: ReadChanges,
  { bundle, compiled, sets }: Material,
  tell: Tell,
): Partial<Draft> {
  tell('compiling');
  // What would be in force must compile here, so that no gateway ever meets a set that does not.
  const { current, next: snapshot } = compiled.of(tenantId, sets);
  if (wanted.length === 0 && tests.length === 0) return {};
  if (tests.length > 0) tell('testing');
  const report =
    tests.length > 0 ? runPolicyTests({ tests, snapshot, documents, current, principals: people, nowMs }) : undefined;
  if (holder) tell('comparing grants');
  const granted = () =>
    grantedBy({ before: sets.own, after: sets.after, platform: tenantId === PLATFORM ? [] : sets.platform });
  const exceeding =
    holder && !isAdministrator(current, holder, nowMs) ? counterExample(current, holder, granted(), nowMs) : undefined;
  return { report, failedTests: bundle && report ? failedTests(bundle, report) : [], exceeding };
}

const NOWHERE: Omit<Finding, 'rule' | 'message'> = { severity: 'error', file: '', line: 1, column: 1, pointer: '' };

function differing(own: DraftJob['sets']['own'], wanted: readonly WantedChange[]): readonly WantedChange[] {
  const digests = new Map(own.map(({ kind, name, digest }) => [`${kind}/${name}`, digest]));
  return wanted.filter(({ change }) => digests.get(`${change.kind}/${change.name}`) !== (change.digest ?? undefined));
}

function changedSet(own: readonly PolicyDocument[], wanted: readonly WantedChange[]): readonly PolicyDocument[] {
  const documents = new Map(own.map((each) => [documentId(each), each]));
  for (const { change } of wanted) {
    const id = `${change.kind}/${change.name}`;
    if (change.document === null) documents.delete(id);
    else documents.set(id, readDocument(change.document));
  }
  return [...documents.values()];
}
