import { sendAnswer, type Call } from '../answer.js';
import { textOf } from '../text.js';
import { nextId } from './openai.js';

/** POST /v1/moderations: flags every text with the word `harm`, so that a verdict can be foretold. */
export function moderations(call: Call): void {
  const { input } = call.body;
  const texts = Array.isArray(input) && input.every((one) => typeof one === 'string') ? input : [textOf(input)];
  const results = texts.map((text) => {
    const flagged = /\bharm\b/iu.test(text);
    return { flagged, categories: { violence: flagged }, category_scores: { violence: Number(flagged) } };
  });
  return sendAnswer(call, { id: nextId('modr'), model: call.model, results });
}
