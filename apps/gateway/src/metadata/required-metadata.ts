import type { TenantSnapshot } from '#libs/decision-engine';
import { Refusal } from '../refusals/refusal.js';
import type { Metadata } from './pairs.js';

/** What the tenant requires every call to say about itself. */
export function refuseMetadata({ settings }: TenantSnapshot, metadata: Metadata): Refusal | undefined {
  for (const [key, values] of Object.entries(settings?.requiredMetadata ?? {})) {
    const given = metadata[key];
    if (given === undefined) {
      return new Refusal('missing_metadata', 'invalid_request', `'metadata.${key}' is required here.`, 'metadata');
    }
    if (values !== '*' && !values.includes(given)) {
      return new Refusal('invalid_metadata', 'invalid_request', `'metadata.${key}' has no accepted value.`, 'metadata');
    }
  }
  return undefined;
}
