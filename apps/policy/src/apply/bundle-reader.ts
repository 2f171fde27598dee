import type { DocumentChange } from '#libs/contracts';
import {
  isKind,
  lintBundle,
  type Finding,
  type ParsedBundle,
  type PolicyDocument,
  type SourceFile,
} from '#libs/policy-language';
import { Injectable } from '@nestjs/common';
import type { StoredDocument } from '../documents/document-history.adapter.js';
import { PolicyKeys } from '../policy-keys.js';
import { kindsNotInForce } from './applying.js';
import { mistakes, type Standing } from './apply-policy.js';
import { findPlace } from './find-place.js';
import { SubjectNames, unknownSubject } from './subject-names.js';
import { deletionOf, settingOf, type WantedChange } from './wanted-change.js';

export type ReadBundle = { readonly wanted: readonly WantedChange[]; readonly warnings: readonly Finding[] };

/** Lints a bundle on what is in force, and turns it into changes: names become ids, free text is taken apart. */
@Injectable()
export class BundleReader {
  constructor(
    private readonly subjects: SubjectNames,
    private readonly keys: PolicyKeys,
  ) {}

  /** @throws ProblemError 422 with every mistake at once. */
  read(bundle: ParsedBundle, files: readonly SourceFile[], standing: Standing, prune: boolean): ReadBundle {
    const { documents, errors, warnings } = this.lint(bundle, standing);
    if (errors.length > 0) throw mistakes(errors);
    // Tests are run, not stored: a bundle of nothing else has nothing to apply, and must not prune everything away.
    if (documents.length === 0) throw mistakes([{ ...NOTHING_TO_APPLY, file: files[0]?.name ?? '' }]);
    const set = documents.map((document) => this.setting(document, files));
    const unknown = set.flatMap((each) => each.unknown);
    if (unknown.length > 0) throw mistakes(unknown);
    const wanted = set.map((each) => each.wanted);
    return { wanted: prune ? [...wanted, ...pruned(standing.own, wanted)] : wanted, warnings };
  }

  lint(bundle: ParsedBundle, { own, platform }: Standing) {
    const tenantDocuments = own.map(({ document }) => document);
    const platformDocuments = platform.map(({ document }) => document);
    const checked = lintBundle(bundle, { tenantDocuments, platformDocuments });
    return { ...checked, errors: [...checked.errors, ...notInForce(bundle)] };
  }

  private setting(document: PolicyDocument, files: readonly SourceFile[]) {
    const { document: named, unknown } = this.subjects.toIds(document);
    const id = `${document.kind}/${document.metadata.name}`;
    const findings = unknown.map((subject) => unknownSubject(subject, { ...findPlace(files, subject), document: id }));
    return { wanted: settingOf(named, this.keys.freeText), unknown: findings };
  }
}

const NOTHING_TO_APPLY: Finding = {
  severity: 'error',
  rule: 'nothing-to-apply',
  file: '',
  line: 1,
  column: 1,
  pointer: '',
  message: 'The bundle holds no document that could be put in force.',
};

function notInForce({ sources }: ParsedBundle): Finding[] {
  return sources
    .filter(({ kind }) => isKind(kind) && kindsNotInForce.has(kind))
    .map(({ kind, finding }) => {
      const message = `Nothing acts on documents of kind ${kind} yet, so they are not accepted.`;
      return finding({ path: ['kind'], rule: 'kind-not-in-force', message });
    });
}

/** Deletes what is in force and not in the bundle. */
function pruned(own: readonly StoredDocument[], wanted: readonly WantedChange[]): WantedChange[] {
  const kept = new Set(wanted.map(({ change }) => idOf(change)));
  return own.filter((document) => !kept.has(idOf(document))).map(deletionOf);
}

const idOf = ({ kind, name }: Pick<DocumentChange, 'kind' | 'name'>) => `${kind}/${name}`;
