import { isSeq, type LineCounter, type Node } from 'yaml';
import { documentId } from '../documents/document.js';
import { isKind, kindNames, kinds, type PolicyDocument } from '../kinds/registry.js';
import type { Mistake } from '../lint/lint-context.js';
import { didYouMean } from '../matching/nearest.js';
import { BUNDLE_CHARACTERS_MAX, BUNDLE_DOCUMENTS_MAX, readYaml } from './bounded-yaml.js';
import type { Finding, SourceFile } from './finding.js';
import { plainValue, type ValueMistake } from './plain-value.js';
import { POLICY_TEST, PolicyTest } from '../policy-test/policy-test.js';
import { schemaMistakes } from './schema-mistakes.js';
import { pointerOf, SourceMap } from './source-map.js';

/** A document with the place it was read from. `document` is undefined where its schema found mistakes. */
export type SourcedDocument = {
  readonly document: PolicyDocument | undefined;
  /** Where it is a PolicyTest: run with the bundle, and no document that is stored. */
  readonly test: PolicyTest | undefined;
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly tenant: string | undefined;
  /** Makes a finding of a mistake in this document. */
  finding(mistake: Mistake): Finding;
};

/** A bundle as far as it can be judged without knowing what is in force. */
export type ParsedBundle = {
  readonly files: readonly SourceFile[];
  /** Of the first document that names one. */
  readonly tenant: string | undefined;
  readonly sources: readonly SourcedDocument[];
  readonly findings: readonly Finding[];
};

/**
 * Reads YAML with any number of documents a file, or JSON: one document, or a list of them. Never throws: every
 * mistake is a finding. Bounded by `BUNDLE_CHARACTERS_MAX` over all files.
 */
export function parseBundle(files: readonly SourceFile[]): ParsedBundle {
  const findings: Finding[] = [];
  const sources: SourcedDocument[] = [];
  const characters = files.reduce((sum, { text }) => sum + text.length, 0);
  if (characters > BUNDLE_CHARACTERS_MAX) {
    const message = `The bundle has ${characters} characters; ${BUNDLE_CHARACTERS_MAX} at most.`;
    findings.push(ofFile(files[0], { line: 1, column: 1 }, 'too-large', message));
    return { files, tenant: undefined, sources, findings };
  }
  for (const file of files) {
    const { documents, lines, mistakes } = readYaml(file.text);
    for (const { rule, message, suggestion, ...place } of mistakes) {
      findings.push({ ...ofFile(file, place, rule, message), suggestion });
    }
    for (const { contents } of documents) {
      for (const root of rootsOf(contents)) sources.push(readSource(file, root, lines, findings));
    }
  }
  if (sources.length === 0 && findings.length === 0) {
    findings.push(ofFile(files[0], { line: 1, column: 1 }, 'empty-bundle', 'The bundle holds no document.'));
  }
  if (sources.length > BUNDLE_DOCUMENTS_MAX) {
    const message = `A bundle holds ${BUNDLE_DOCUMENTS_MAX} documents at most.`;
    findings.push(ofFile(files[0], { line: 1, column: 1 }, 'too-large', message));
  }
  return { files, tenant: sources.find(({ tenant }) => tenant !== undefined)?.tenant, sources, findings };
}

function ofFile(
  file: SourceFile | undefined,
  place: { line: number; column: number },
  rule: string,
  message: string,
): Finding {
  return { severity: 'error', rule, file: file?.name ?? '', ...place, pointer: '', message };
}

/** A list at the top is a list of documents, as JSON needs it; an empty YAML document is nothing. */
function rootsOf(contents: Node | null): readonly Node[] {
  if (contents === null || ('value' in contents && contents.value === null)) return [];
  return isSeq(contents) ? (contents.items as Node[]) : [contents];
}

function readSource(file: SourceFile, root: Node, lines: LineCounter, findings: Finding[]): SourcedDocument {
  const map = new SourceMap(root, lines);
  const valueMistakes: ValueMistake[] = [];
  const value = plainValue(root, [], valueMistakes);
  const { kind, metadata } = asRecord(value);
  const { name, tenant } = asRecord(metadata);
  const named = typeof kind === 'string' && typeof name === 'string';
  const document = named ? documentId({ kind, metadata: { name } }) : undefined;
  const finding = ({ path, at, severity = 'error', rule, message, suggestion }: Mistake): Finding => {
    const place = map.placeOf(path, at);
    return { severity, rule, file: file.name, ...place, pointer: pointerOf(path), document, message, suggestion };
  };
  for (const { node, ...mistake } of valueMistakes) {
    findings.push({ ...finding(mistake), ...map.placeOfNode(node) });
  }
  const read = readKind(value, kind);
  for (const mistake of read.mistakes) findings.push(finding(mistake));
  const described = { kind: textOr(kind), name: textOr(name), tenant: textOr(tenant) };
  return { document: read.document, test: read.test, ...described, finding };
}

const textOr = (value: unknown) => (typeof value === 'string' ? value : undefined);
const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

type ReadKind = {
  readonly document?: PolicyDocument;
  readonly test?: PolicyTest;
  readonly mistakes: readonly Mistake[];
};

function readKind(value: unknown, kind: unknown): ReadKind {
  if (isKind(kind)) {
    const { schema } = kinds[kind];
    const read = schema.safeParse(value);
    if (read.success) return { document: read.data as PolicyDocument, mistakes: [] };
    return { mistakes: schemaMistakes(schema, value, read.error) };
  }
  if (kind === POLICY_TEST) {
    const read = PolicyTest.safeParse(value);
    return read.success
      ? { test: read.data, mistakes: [] }
      : { mistakes: schemaMistakes(PolicyTest, value, read.error) };
  }
  if (typeof kind !== 'string') {
    const message = 'The field "kind" is missing: each document says which kind it is.';
    return { mistakes: [{ path: ['kind'], rule: 'unknown-kind', message }] };
  }
  const suggestion = didYouMean(kind, [...kindNames, POLICY_TEST]);
  return { mistakes: [{ path: ['kind'], rule: 'unknown-kind', message: `There is no kind "${kind}".`, suggestion }] };
}
