import { z } from 'zod';
import { DocumentName } from '../documents/names.js';

/** An upstream address. Credentials, query and fragment have no place in it; which hosts are reachable is not decided here. */
export const UpstreamUrl = z
  .url({ protocol: /^https?$/, error: 'Expected an http or https address.' })
  .max(500)
  .refine((text) => !/^[a-z]+:\/\/[^/]*@/i.test(text), 'An address must not carry a user name or password.')
  .refine((text) => !/[?#]/.test(text), 'An address must not carry a query or fragment.');

/** Names a credential that is stored apart. The secret itself is never part of a document. */
export const Credential = z.strictObject({ secretRef: DocumentName });
