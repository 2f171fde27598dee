import { created } from './openai.js';

const names = [
  'gpt-4',
  'gpt-4o-mini',
  'text-embedding-3-small',
  'claude',
  'llama-3',
  'mistral',
  'ft-1',
  'ft-a',
  'ft-g',
];

/** GET /v1/models: the names of the demo; every other name is served all the same. */
export function models() {
  return { object: 'list', data: names.map((id) => ({ id, object: 'model', created, owned_by: 'sandbox' })) };
}
