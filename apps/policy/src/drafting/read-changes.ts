import {
  isKind,
  lintBundle,
  type Finding,
  type InForce,
  type Kind,
  type ParsedBundle,
  type PolicyDocument,
  type PolicyTest,
} from '#libs/policy-language';
import { kindsNotInForce } from '../apply/applying.js';
import { testWithIds, withIds } from './bundle-subjects.js';
import type { BundleSource, ChangesSource, Sets, UpstreamAddress } from './draft-messages.js';
import { leftBehind } from './left-behind.js';
import { deletionOf, settingOf, type WantedChange } from './wanted-change.js';

/** What a source comes to, before anybody has looked at what it does to decisions. */
export type ReadChanges = {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
  readonly wanted: readonly WantedChange[];
  /** The bundle's own documents, with ids for addresses. */
  readonly documents: readonly PolicyDocument[];
  readonly tests: readonly PolicyTest[];
  readonly addresses: readonly UpstreamAddress[];
};

const nothing = { errors: [], warnings: [], documents: [], tests: [], addresses: [] };

/** Changes in their kept form were linted when they were first applied; deletions leave behind whatever named them. */
export function knownChanges({ changes }: ChangesSource, sets: Sets, inForce: InForce): ReadChanges {
  const isDeletion = changes.length > 0 && changes.every(({ document }) => document === null);
  return {
    ...nothing,
    wanted: changes.map((change) => ({ change, text: null })),
    warnings: isDeletion ? leftBehind(changes, sets, inForce) : [],
  };
}

/** Lints a bundle on what is in force, and turns it into changes: addresses become ids, free text is taken apart. */
export function bundleChanges(
  bundle: ParsedBundle,
  source: BundleSource,
  sets: Sets,
  inForce: InForce,
  refusedKinds: ReadonlySet<Kind> = kindsNotInForce,
): ReadChanges {
  // What goes with this bundle is nothing that it can lean on.
  const staying = source.mode === 'replace' ? { ...inForce, tenantDocuments: [] } : inForce;
  const { documents, tests, errors: linted, warnings } = lintBundle(bundle, staying);
  const errors = [...linted, ...notInForce(bundle, refusedKinds)];
  if (errors.length > 0) return { ...nothing, wanted: [], errors, warnings };
  // Tests are run, not stored: a bundle of nothing else has nothing to apply, and must not delete everything.
  if (documents.length === 0 && source.mode !== 'check') {
    return { ...nothing, wanted: [], errors: [{ ...NOTHING_TO_APPLY, file: source.files[0]?.name ?? '' }], warnings };
  }
  const named = documents.map((document) => withIds(document, source.ids, source.files));
  const unknown = named.flatMap((each) => each.unknown);
  if (unknown.length > 0) return { ...nothing, wanted: [], errors: unknown, warnings };
  const settings = named.map(({ document }) => settingOf(document, source.textKey));
  return {
    errors,
    warnings,
    documents: named.map(({ document }) => document),
    tests: tests.map((test) => testWithIds(test, source.ids)),
    wanted: source.mode === 'replace' ? [...settings, ...pruned(sets, settings)] : settings,
    addresses: addressesOf(bundle),
  };
}

const NOTHING_TO_APPLY: Omit<Finding, 'file'> = {
  severity: 'error',
  rule: 'nothing-to-apply',
  line: 1,
  column: 1,
  pointer: '',
  message: 'The bundle holds no document that could be put in force.',
};

function notInForce({ sources }: ParsedBundle, refusedKinds: ReadonlySet<Kind>): Finding[] {
  return sources
    .filter(({ kind }) => isKind(kind) && refusedKinds.has(kind))
    .map(({ kind, finding }) => {
      const message = `Nothing acts on documents of kind ${kind} yet, so they are not accepted.`;
      return finding({ path: ['kind'], rule: 'kind-not-in-force', message });
    });
}

function pruned({ own }: Sets, wanted: readonly WantedChange[]): WantedChange[] {
  const kept = new Set(wanted.map(({ change }) => `${change.kind}/${change.name}`));
  return own.filter(({ kind, name }) => !kept.has(`${kind}/${name}`)).map(deletionOf);
}

/** Where an upstream stands is judged by whoever knows the operator's list; what to say of it is known here. */
function addressesOf({ sources }: ParsedBundle): UpstreamAddress[] {
  return sources.flatMap(({ document, finding }) => {
    if (document?.kind !== 'ProviderAccount' && document?.kind !== 'McpServer') return [];
    const [field, url] =
      document.kind === 'McpServer' ? ['url', document.spec.url] : ['baseUrl', document.spec.baseUrl];
    const message = `${new URL(url).host} is at an address that the operator does not permit, or not without TLS.`;
    const suggestion = 'Use a public https address, or have the operator list it in GATEHOUSE_EGRESS_ALLOW.';
    return [{ url, finding: finding({ path: ['spec', field], rule: 'address-refused', message, suggestion }) }];
  });
}
