import { readBodyMetadata } from '../metadata/body-metadata.js';
import type { Metadata } from '../metadata/pairs.js';
import { badRequest, Refusal } from '../refusals/refusal.js';
import type { ModelRoute } from '../routes/route.js';
import { controlledKeys, refuseFurtherModels } from './controlled-keys.js';
import { refuseHostedTools } from './hosted-tools.js';
import { refuseItemReferences } from './kept-upstream.js';
import { missingModel, modelBytesMax, modelTooLong, refuseModelName } from './model-name.js';
import { scanObject, textOf, valueOf, type ScanFault, type Span } from './scan-object.js';

/** What the gateway understands of a body; the rest of it passes through as it came. */
export type CallBody = {
  /** As the caller wrote it: `<account>/<model>`, or a name that a route stands behind. */
  model: string;
  modelSpan: Span;
  /** Index of the opening brace; 0 of a form. */
  open: number;
  stream: boolean;
  streamOptions: { span: Span; value: Readonly<Record<string, unknown>> | null } | undefined;
  /** The body's own; what holds for the call is with its state. */
  metadata: Metadata;
  fields: ReadonlyMap<string, Span>;
  /** Set for `multipart/form-data`; spans are then of contents as they stand. `textBytes`: what of it is no file. */
  form: { readonly boundary: string; readonly textBytes: number } | undefined;
};

const streamOptionsBytesMax = 4_096;

/** What an operation asks of its body. */
type Operation = Pick<ModelRoute, 'requires' | 'refuses' | 'hostedTools' | 'inputItems' | 'streamFormats'>;

/** Reads the controlled fields of a JSON body. */
export function readCallBody(
  bytes: Buffer,
  { requires, refuses, hostedTools, inputItems, streamFormats }: Operation,
): CallBody | Refusal {
  const scanned = scanObject(bytes, controlledKeys);
  if (typeof scanned === 'string') return faults[scanned]();
  const { fields, open } = scanned;
  const model = readModel(bytes, fields);
  if (model instanceof Refusal) return model;
  const wrong =
    refuseFurtherModels(fields) ??
    refuseFields(bytes, fields, refuses) ??
    refuseMissing(bytes, fields, requires) ??
    (hostedTools ? refuseHostedTools(bytes, fields.get('tools')) : undefined) ??
    (inputItems ? refuseItemReferences(bytes, fields.get('input')) : undefined);
  if (wrong) return wrong;
  const stream = streamFormats ? readStreamFormat(bytes, fields.get('stream_format')) : readStream(bytes, fields);
  if (stream instanceof Refusal) return stream;
  const metadata = readBodyMetadata(bytes, fields.get('metadata'));
  if (metadata instanceof Refusal) return metadata;
  return { ...model, open, ...stream, metadata, fields, form: undefined };
}

const faults: Record<ScanFault, () => Refusal> = {
  malformed: () => badRequest('invalid_json', 'The body is not valid JSON.'),
  not_an_object: () => badRequest('invalid_request', 'The body must be a JSON object.'),
  ambiguous: () =>
    badRequest('ambiguous_body', 'A parameter is given twice, escaped, or in another case; send it once, plainly.'),
};

function readModel(bytes: Buffer, fields: ReadonlyMap<string, Span>): { model: string; modelSpan: Span } | Refusal {
  const modelSpan = fields.get('model');
  if (!modelSpan || bytes[modelSpan.start] !== 0x22) return missingModel();
  if (modelSpan.end - modelSpan.start > modelBytesMax) return modelTooLong();
  const model = textOf(bytes, modelSpan);
  if (model === undefined) return faults.malformed();
  if (model === '') return missingModel();
  return refuseModelName(model) ?? { model, modelSpan };
}

function readStream(
  bytes: Buffer,
  fields: ReadonlyMap<string, Span>,
): Pick<CallBody, 'stream' | 'streamOptions'> | Refusal {
  const streamSpan = fields.get('stream');
  const stream = streamSpan ? valueOfSmall(bytes, streamSpan, 5) : false;
  if (typeof stream !== 'boolean' && stream !== null) {
    return badRequest('invalid_request', "'stream' must be true or false.", 'stream');
  }
  const span = fields.get('stream_options');
  if (!span) return { stream: stream === true, streamOptions: undefined };
  const options = readStreamOptions(bytes, span);
  if (options instanceof Refusal) return options;
  return { stream: stream === true, streamOptions: { span, value: options } };
}

/** Speech has a format of its stream in the place of `stream`: `sse`, or the sound itself. */
function readStreamFormat(bytes: Buffer, span: Span | undefined): Pick<CallBody, 'stream' | 'streamOptions'> | Refusal {
  const format = span ? valueOfSmall(bytes, span, 8) : 'audio';
  if (format !== 'sse' && format !== 'audio' && format !== null) {
    return badRequest('invalid_request', "'stream_format' must be 'sse' or 'audio'.", 'stream_format');
  }
  return { stream: format === 'sse', streamOptions: undefined };
}

function readStreamOptions(bytes: Buffer, span: Span): Record<string, unknown> | null | Refusal {
  const value = valueOfSmall(bytes, span, streamOptionsBytesMax);
  if (value === null) return null;
  if (value === undefined) return badRequest('invalid_request', "'stream_options' cannot be read.", 'stream_options');
  const scanned = scanObject(bytes.subarray(span.start, span.end), new Set(['include_usage']));
  if (scanned === 'ambiguous') return faults.ambiguous();
  if (typeof value !== 'object' || Array.isArray(value)) {
    return badRequest('invalid_request', "'stream_options' must be an object.", 'stream_options');
  }
  return { ...value };
}

/** `undefined` where the value is longer than it can rightly be. */
function valueOfSmall(bytes: Buffer, span: Span, bytesMax: number): unknown {
  return span.end - span.start > bytesMax ? undefined : valueOf(bytes, span);
}

function refuseMissing(
  bytes: Buffer,
  fields: ReadonlyMap<string, Span>,
  requires: readonly string[],
): Refusal | undefined {
  if (requires.some((field) => !isNullOrMissing(bytes, fields.get(field)))) return undefined;
  const [first = ''] = requires;
  return badRequest('invalid_request', `Missing required parameter: '${requires.join("' or '")}'.`, first);
}

function refuseFields(
  bytes: Buffer,
  fields: ReadonlyMap<string, Span>,
  refuses: Operation['refuses'] = {},
): Refusal | undefined {
  for (const [field, why] of Object.entries(refuses)) {
    const span = fields.get(field);
    const isUsed = !isNullOrMissing(bytes, span) && bytes[span?.start ?? 0] !== 0x66;
    if (isUsed) return badRequest('invalid_request', `'${field}' cannot be used here: ${why}.`, field);
  }
  return undefined;
}

function isNullOrMissing(bytes: Buffer, span: Span | undefined): boolean {
  return span === undefined || bytes[span.start] === 0x6e;
}
