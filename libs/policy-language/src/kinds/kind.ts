import { z } from 'zod';
import { PLATFORM, DocumentName, Pairs, TenantName } from '../documents/names.js';
import type { LintContext, Report } from '../lint/lint-context.js';
import type { Action } from '../vocabulary/actions.js';

/** The version of the envelope; a change that old readers would misread takes another. */
export const API_VERSION = 'gatehouse/v1';

/** What a document is called and whose it is. Tags only on kinds that conditions read them from. */
export type Metadata = {
  name: string;
  tenant: string;
  tags?: Record<string, string> | undefined;
  labels?: Record<string, string> | undefined;
};

/** A document of a kind: the envelope around what the kind adds. */
export type Envelope<Name extends string, Spec> = {
  apiVersion: typeof API_VERSION;
  kind: Name;
  metadata: Metadata;
  spec: Spec;
};

type Declaration<Name extends string, Spec extends z.ZodType> = {
  readonly kind: Name;
  /** As in the admin API's path. */
  readonly plural: string;
  readonly sentence: string;
  /** What applying a change of such a document needs. */
  readonly applyAction: Action;
  readonly spec: Spec;
  /** Whether documents of the kind carry tags. */
  readonly tagged?: boolean;
  /** When names look otherwise than `DocumentName`. */
  readonly name?: z.ZodType<string>;
  /** False for what makes sense only inside one tenant. */
  readonly onPlatform?: boolean;
  /** What a schema cannot say: references, patterns, reachability. */
  readonly lint?: (
    document: { metadata: Metadata; spec: z.output<Spec> },
    context: LintContext,
    report: Report,
  ) => void;
};

/** Declares one kind of document: its schema within the envelope, and its lint. */
export function defineKind<const Name extends string, Spec extends z.ZodType>(declaration: Declaration<Name, Spec>) {
  const { kind, spec, tagged = false, name = DocumentName, lint, onPlatform = true, ...rest } = declaration;
  const tags = tagged ? { tags: Pairs.optional() } : {};
  const metadata = z.strictObject({ name, tenant: TenantName, ...tags, labels: Pairs.optional() });
  const envelope = { apiVersion: z.literal(API_VERSION), kind: z.literal(kind), metadata, spec };
  // The compiler cannot see through a generic shape; the shape above is the type below.
  const schema = z.strictObject(envelope) as unknown as z.ZodType<Envelope<Name, z.output<Spec>>>;
  return {
    ...rest,
    kind,
    tagged,
    schema,
    lint(document: Envelope<Name, z.output<Spec>>, context: LintContext, report: Report) {
      if (!onPlatform && document.metadata.tenant === PLATFORM) {
        const message = `${kind} belongs to one tenant; it cannot hold on the platform.`;
        report({ path: ['metadata', 'tenant'], rule: 'not-on-platform', message });
      }
      lint?.(document, context, report);
    },
  };
}
