import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';

/** A name that every call has to have, and which of the two a call lacks: the name, or a value that is accepted. */
export type UnmetMetadata = { readonly key: string; readonly code: 'missing_metadata' | 'invalid_metadata' };

/** What a tenant's `requiredMetadata` asks of calls that this one does not say; labels are among `metadata`. */
export function unmetMetadata(
  { settings }: Pick<TenantSnapshot, 'settings'>,
  metadata: Readonly<Record<string, string>>,
): UnmetMetadata | undefined {
  for (const [key, values] of Object.entries(settings?.requiredMetadata ?? {})) {
    const given = metadata[key];
    if (given === undefined) return { key, code: 'missing_metadata' };
    if (values !== '*' && !values.includes(given)) return { key, code: 'invalid_metadata' };
  }
  return undefined;
}
