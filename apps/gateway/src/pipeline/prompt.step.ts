import { renderPrompt } from '#libs/policy-language';
import { promptEdits } from '../prompts/prompt-edits.js';
import { servedPrompt } from '../prompts/pinned-prompt.js';
import { readPromptReference } from '../prompts/prompt-reference.js';
import { badRequest, Refusal } from '../refusals/refusal.js';
import { decideCall } from './decide-call.js';
import { advance, type Authorised, type StepAnswer } from './exchange.js';

/** A stored prompt that the body names is put into it, if the caller may read it; the upstream hears nothing of its name. */
export function promptStep(state: Authorised): StepAnswer<Authorised> {
  const span = state.route.storedPrompts ? state.call.fields.get('prompt') : undefined;
  const bytes = state.body.bytes;
  if (!span || bytes[span.start] === 0x6e) return state;
  const reference = readPromptReference(bytes, span);
  if (reference instanceof Refusal) return reference;
  const document = state.snapshot.document('Prompt', reference.id);
  const refusal = refuseReading(state, reference.id);
  if (refusal) return refusal;
  if (!document) return notFound('no_matching_rule');
  const served = servedPrompt(document, reference.version);
  if (served instanceof Refusal) return served;
  const rendered = renderPrompt(served.document.spec, reference.variables);
  if (!rendered.ok) {
    const [{ name, detail } = { name: '', detail: '' }] = rendered.mistakes;
    const param = name === '' ? 'prompt' : `prompt.variables.${name}`;
    return badRequest('invalid_request', `These variables are not those of the prompt: '${param}': ${detail}`, param);
  }
  const edits = promptEdits(bytes, state.call.fields, span, rendered.messages);
  if (!edits) return badRequest('invalid_request', "'input' must be a text or a list beside a prompt.", 'input');
  return advance(state, { edits, prompt: served.rule });
}

/** An unread and an unknown prompt are answered alike. */
function refuseReading(state: Authorised, id: string): Refusal | undefined {
  const decision = decideCall(state.snapshot, state, 'prompt:read', { type: 'prompt', path: id });
  if (decision.allowed) return undefined;
  // It is this that the request ends by, not the model that it may call.
  advance(state, { decision });
  if (decision.code !== 'insufficient_scope') return notFound(decision.reason);
  return new Refusal('insufficient_scope', decision.reason, 'The scope does not reach stored prompts.', 'prompt');
}

function notFound(reason: Refusal['reason']): Refusal {
  return new Refusal('not_found', reason, 'The prompt does not exist or this credential may not read it.', 'prompt');
}
