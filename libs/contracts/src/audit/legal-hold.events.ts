import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Sealed } from '../sealed.js';

/** Whose record is held, and who said so when. One stream per tenant: `audit.legal-hold-<tenantId>`. */
const Hold = z.object({ tenantId: z.string(), at: z.iso.datetime(), author: z.string() });

/** From here on nothing of the tenant's record expires. Set again where somebody gives another reason. */
export const LegalHoldSet = defineEvent('audit.legal-hold.set', Hold.extend({ reason: Sealed }));
/** What the tenant does not keep any longer goes again. */
export const LegalHoldReleased = defineEvent('audit.legal-hold.released', Hold);

export const legalHoldEvents = [LegalHoldSet, LegalHoldReleased] as const;
export type LegalHoldEvent = ReturnType<(typeof legalHoldEvents)[number]['of']>;
