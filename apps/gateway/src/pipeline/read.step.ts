import { readCallBody } from '../body/call-body.js';
import { readFormBody } from '../body/form/form-body.js';
import { readBody, type BodyFault } from '../body/read-body.js';
import { readHeaderMetadata } from '../metadata/header-metadata.js';
import { labelledMetadata } from '../metadata/labelled-metadata.js';
import { saidMetadata } from '../metadata/said-metadata.js';
import { Refusal } from '../refusals/refusal.js';
import { advance, type Authenticated, type Read, type StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** Reads the body, up to its bound, and what of it and its headers a decision depends on. `gone`: nobody is there to be answered. */
export async function readStep(
  { bounds }: Pick<GatewayParts, 'bounds'>,
  state: Authenticated,
): Promise<StepAnswer<Read> | 'gone'> {
  const header = readHeaderMetadata(state.request);
  if (header instanceof Refusal) return header;
  const invite = asksToContinue(state) ? () => state.response.writeContinue() : undefined;
  const body = await readBody(state.request, bounds.bodyBytesMax, invite);
  if (body === 'gone') return 'gone';
  if (typeof body === 'string') return faults[body](bounds.bodyBytesMax);
  const { request, route } = state;
  const call = route.isForm
    ? readFormBody(body.bytes, request.headers['content-type'], route)
    : readCallBody(body.bytes, route);
  if (call instanceof Refusal) return call;
  const said = saidMetadata(header, call.metadata);
  if (said instanceof Refusal) return said;
  return advance(state, { body, call, said, ...labelledMetadata(state.caller, said) });
}

function asksToContinue({ request }: Authenticated): boolean {
  return request.headers.expect?.toLowerCase() === '100-continue';
}

const faults: Record<Exclude<BodyFault, 'gone'>, (bytesMax: number) => Refusal> = {
  too_large: (bytesMax) => new Refusal('body_too_large', 'body_too_large', `A body may have ${bytesMax} bytes.`),
  encoded: () => new Refusal('invalid_request', 'invalid_request', 'Compressed bodies are not accepted.'),
};
