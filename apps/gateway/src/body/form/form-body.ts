import { NO_METADATA } from '../../metadata/pairs.js';
import type { ModelRoute } from '../../routes/route.js';
import { badRequest, Refusal } from '../../refusals/refusal.js';
import type { CallBody } from '../call-body.js';
import { controlledKeys, refuseFurtherModels } from '../controlled-keys.js';
import { missingModel, modelBytesMax, modelTooLong, refuseModelName } from '../model-name.js';
import type { Span } from '../scan-object.js';
import { boundaryOf } from './boundary.js';
import { scanForm, type FormFault } from './scan-form.js';

/** Reads the controlled fields of a `multipart/form-data` body. */
export function readFormBody(
  bytes: Buffer,
  contentType: string | undefined,
  { requires }: Pick<ModelRoute, 'requires'>,
): CallBody | Refusal {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) {
    return badRequest('invalid_request', 'This route takes multipart/form-data with one boundary.');
  }
  const scanned = scanForm(bytes, boundary, controlledKeys, requires);
  if (typeof scanned === 'string') return faults[scanned]();
  const { fields, textBytes } = scanned;
  const model = readModel(bytes, fields.get('model'));
  if (model instanceof Refusal) return model;
  const stream = readStream(bytes, fields.get('stream'));
  const wrong =
    refuseFurtherModels(fields) ?? refuseMetadata(fields) ?? (stream instanceof Refusal ? stream : undefined);
  if (wrong) return wrong;
  if (!requires.some((field) => fields.has(field))) {
    return badRequest('invalid_request', `Missing required parameter: '${requires.join("' or '")}'.`, requires[0]);
  }
  const form = { boundary, textBytes };
  return { ...model, open: 0, stream: stream === true, streamOptions: undefined, metadata: NO_METADATA, fields, form };
}

const faults: Record<FormFault, () => Refusal> = {
  malformed: () =>
    badRequest('invalid_request', 'The form cannot be read: a part is not as multipart/form-data has it.'),
  ambiguous: () =>
    badRequest('ambiguous_body', 'A field is given twice, as a file, or in another spelling; send it once, plainly.'),
};

function readModel(bytes: Buffer, span: Span | undefined): Pick<CallBody, 'model' | 'modelSpan'> | Refusal {
  if (!span || span.end === span.start) return missingModel();
  if (span.end - span.start > modelBytesMax) return modelTooLong();
  const model = bytes.toString('latin1', span.start, span.end);
  return refuseModelName(model) ?? { model, modelSpan: span };
}

function readStream(bytes: Buffer, span: Span | undefined): boolean | Refusal {
  const text = span ? bytes.toString('latin1', span.start, Math.min(span.end, span.start + 6)) : 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  return badRequest('invalid_request', "'stream' must be true or false.", 'stream');
}

/** Providers have none in forms; what policies read of a call would not be what it says there. */
function refuseMetadata(fields: ReadonlyMap<string, Span>): Refusal | undefined {
  if (!fields.has('metadata')) return undefined;
  return badRequest(
    'invalid_metadata',
    "'metadata' is no field of this form; the header 'gatehouse-metadata' is for it.",
    'metadata',
  );
}
