import { valueOf } from '../body/scan-object.js';
import { Untranslatable } from '../providers/untranslatable.js';
import { badRequest, Refusal, TargetRefusal } from '../refusals/refusal.js';
import type { TargetFault, UpstreamTarget } from '../upstreams/upstream-target.js';
import { advance, type Authorised, type Reached, type StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** Where the call goes, with which credential, and what it says there; found before the decision is recorded, so that it says the truth. */
export function reachStep({ targets }: Pick<GatewayParts, 'targets'>, state: Authorised): StepAnswer<Reached> {
  const target = targets.of(state.model, state.route.id);
  if (target === 'operation_unknown') return notOffered(state);
  if (typeof target === 'string') return faults[target]();
  const { form } = state.call;
  if (form && state.model.upstreamModel.includes(`--${form.boundary}`)) {
    return badRequest('ambiguous_body', 'The boundary stands in the model’s name at its provider; use another.');
  }
  const translated = translatedFor(target, state);
  return translated instanceof Refusal ? translated : advance(state, { target, translated });
}

/** The body in the dialect of an upstream that speaks another. Parsed as a whole: what is sent is what was read. */
function translatedFor({ endpoint }: UpstreamTarget, { body, model }: Authorised): Buffer | Refusal | undefined {
  if (endpoint.translation === undefined) return undefined;
  const { bytes } = body;
  // It is an object; undefined where a long text in it turns out to be malformed.
  const value = valueOf(bytes, { start: 0, end: bytes.length }) as Record<string, unknown> | undefined;
  if (value === undefined) return badRequest('invalid_json', 'The body is not valid JSON.');
  const said = endpoint.translation.request(value, model.upstreamModel);
  if (said instanceof Untranslatable) return unableTo(said.message, said.param);
  return Buffer.from(JSON.stringify(said));
}

const refuse = (what: string) => () =>
  new Refusal('upstream_error', 'upstream_credential_missing', `${what} An administrator has to look at it.`);

/** Told only to who may call the model: they have to name another, or use another operation. */
function notOffered({ call, route }: Authorised): Refusal {
  return unableTo(`The provider of '${call.model}' does not offer ${route.path}.`, 'model');
}

function unableTo(message: string, param: string): Refusal {
  return new TargetRefusal('invalid_request', 'invalid_request', message, param);
}

const faults: Record<Exclude<TargetFault, 'operation_unknown'>, () => Refusal> = {
  unreadable: refuse('The address of the provider account cannot be read.'),
  not_permitted: refuse('The address of the provider account is not permitted.'),
  credential_missing: refuse('The provider account has no credential for its address.'),
};
