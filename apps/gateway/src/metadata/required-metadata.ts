import { unmetMetadata, type TenantSnapshot, type UnmetMetadata } from '#libs/decision-engine';
import { Refusal } from '../refusals/refusal.js';
import type { Metadata } from './pairs.js';

const lacks: Record<UnmetMetadata['code'], string> = {
  missing_metadata: 'is required here',
  invalid_metadata: 'has no accepted value',
};

/** What the tenant requires every call to say about itself. */
export function refuseMetadata(snapshot: TenantSnapshot, metadata: Metadata): Refusal | undefined {
  const unmet = unmetMetadata(snapshot, metadata);
  if (!unmet) return undefined;
  const { code, key } = unmet;
  return new Refusal(code, 'invalid_request', `'metadata.${key}' ${lacks[code]}.`, 'metadata');
}
