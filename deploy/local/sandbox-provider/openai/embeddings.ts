import { sendAnswer, type Call } from '../answer.js';
import { textOf, tokensOf } from '../text.js';

const dimensionsDefault = 8;
const dimensionsMax = 3_072;
const inputsMax = 2_048;

/** POST /v1/embeddings: vectors that depend on the text alone; `float` and, as the stock client asks, `base64`. */
export function embeddings(call: Call): void {
  const { input, encoding_format: format, dimensions: asked } = call.body;
  const inputs = (Array.isArray(input) ? input : [input]).slice(0, inputsMax).map(textOf);
  const dimensions = Math.min(typeof asked === 'number' && asked >= 1 ? asked : dimensionsDefault, dimensionsMax);
  const tokens = inputs.reduce((sum, text) => sum + tokensOf(text), 0);
  const usage =
    call.behaviour.usage === undefined ? { prompt_tokens: tokens, total_tokens: tokens } : call.behaviour.usage;
  const data = inputs.map((text, index) => {
    const vector = vectorOf(text, dimensions);
    const embedding = format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector);
    return { object: 'embedding', index, embedding };
  });
  return sendAnswer(call, { object: 'list', data, model: call.model, usage: usage ?? undefined });
}

function vectorOf(text: string, dimensions: number): Float32Array {
  let seed = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) seed = Math.imul(seed ^ text.charCodeAt(index), 16_777_619);
  return Float32Array.from({ length: dimensions }, (_, index) => Math.sin(seed + index));
}
