import { conversationOf } from './conversation.js';
import { toolsOf } from './tools.js';
import { Untranslatable } from '../../untranslatable.js';
import { isGiven, listAt, recordAt, refuseOthers, textAt, type Json } from './json-at.js';

/** Anthropic wants a bound on every answer, OpenAI's callers need not give one. Tokens. */
export const outputTokensDefault = 4_096;
/** OpenAI's goes to 2. */
const temperatureMax = 1;

/** What is read here, or is the gateway's own (`metadata`), or a hint that may be left out without anything changing. */
const known = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'metadata',
  'prompt_cache_key',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'user',
  'safety_identifier',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
]);

/** Values that ask for nothing: with them the fields may stand, with any other they have no counterpart. */
const asksNothing: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value === 1,
  store: (value) => value === false,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  logit_bias: (value) => Object.keys(recordAt(value, 'logit_bias')).length === 0,
  modalities: (value) => listAt(value, 'modalities').every((modality) => modality === 'text'),
  service_tier: (value) => value === 'auto',
};

/** OpenAI's chat completion as Anthropic's message, or what of it cannot be said there. */
export function messageRequest(body: Json, upstreamModel: string): Json | Untranslatable {
  try {
    return translated(body, upstreamModel);
  } catch (error) {
    if (error instanceof Untranslatable) return error;
    throw error;
  }
}

function translated(body: Json, upstreamModel: string): Json {
  refuseOthers(withoutIdle(body), known, '');
  const { system, messages } = conversationOf(body.messages);
  const userId = body.safety_identifier ?? body.user;
  return {
    model: upstreamModel,
    max_tokens: numberAt(body, 'max_completion_tokens') ?? numberAt(body, 'max_tokens') ?? outputTokensDefault,
    ...(system.length > 0 && { system }),
    messages,
    ...toolsOf(body),
    ...given('temperature', temperatureOf(body)),
    ...given('top_p', numberAt(body, 'top_p')),
    ...given('stop_sequences', stopsOf(body.stop)),
    ...given('output_config', formatOf(body.response_format)),
    ...(isGiven(userId) && { metadata: { user_id: textAt(userId, 'user') } }),
    ...(body.stream === true && { stream: true }),
  };
}

function withoutIdle(body: Json): Json {
  const idle = ([field, value]: [string, unknown]) =>
    isGiven(value) && Object.hasOwn(asksNothing, field) && asksNothing[field]?.(value);
  return Object.fromEntries(Object.entries(body).filter((entry) => !idle(entry)));
}

const given = (name: string, value: unknown): Json => (value === undefined ? {} : { [name]: value });

function numberAt(body: Json, field: string): number | undefined {
  const value = body[field];
  if (!isGiven(value)) return undefined;
  if (typeof value !== 'number') throw new Untranslatable(field, 'it must be a number');
  return value;
}

function temperatureOf(body: Json): number | undefined {
  const temperature = numberAt(body, 'temperature');
  if (temperature === undefined || temperature <= temperatureMax) return temperature;
  throw new Untranslatable('temperature', `it goes to ${temperatureMax} there`);
}

function stopsOf(stop: unknown): readonly string[] | undefined {
  if (!isGiven(stop)) return undefined;
  const stops = typeof stop === 'string' ? [stop] : listAt(stop, 'stop');
  return stops.length === 0 ? undefined : stops.map((text, index) => textAt(text, `stop[${index}]`));
}

function formatOf(format: unknown): Json | undefined {
  if (!isGiven(format)) return undefined;
  const { type, json_schema: wanted } = recordAt(format, 'response_format');
  if (type === 'text') return undefined;
  if (type !== 'json_schema') throw new Untranslatable('response_format.type', 'only a schema can be asked for');
  const at = 'response_format.json_schema';
  return { format: { type, schema: recordAt(recordAt(wanted, at).schema, `${at}.schema`) } };
}
