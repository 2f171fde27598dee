import { badRequest, type Refusal } from '../refusals/refusal.js';

/** With the quotes of JSON. */
export const modelBytesMax = 258;
/** A model's name, or the name that a route stands behind. */
const nameOfModel = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,255}$/u;

export function missingModel(): Refusal {
  return badRequest('missing_model', "Missing required parameter: 'model', a text.", 'model');
}

export function modelTooLong(): Refusal {
  return badRequest('invalid_request', `'model' is longer than ${modelBytesMax} bytes.`, 'model');
}

/** What is no name of a model or route in any tenant. */
export function refuseModelName(text: string): Refusal | undefined {
  if (nameOfModel.test(text)) return undefined;
  return badRequest('missing_provider_account', "'model' must read <provider account>/<model>.", 'model');
}
