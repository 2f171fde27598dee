import type { Place } from '#libs/bus';
import type { CredentialNews } from './credential-news.js';

/** What a view that follows another one, on another thread, is told: in this order, and before shared memory names it. */
export type IdentityNews =
  | { readonly of: 'credentials'; readonly news: CredentialNews }
  | { readonly of: 'number'; readonly what: 'principal' | 'tenant'; readonly id: string }
  | { readonly of: 'place'; readonly key: string; readonly place: Place; readonly gone: boolean }
  | { readonly of: 'record'; readonly key: string; readonly value: Uint8Array | null }
  | { readonly of: 'snapshot'; readonly bytes: Uint8Array };
