import { z } from 'zod';

/**
 * Personal data inside an event: AES-256-GCM under the key of one subject, base64url. Erasing the person deletes that
 * key, and with it every copy of the text, in tables, topics and backups alike. `subjectId` is the id of the user
 * (or tenant) whose key it is.
 */
export const Sealed = z.strictObject({ subjectId: z.string().min(1), box: z.string().min(1) });
export type Sealed = z.output<typeof Sealed>;
