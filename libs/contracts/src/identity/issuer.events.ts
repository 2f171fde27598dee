import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Slug } from '../names.js';
import { Sealed } from '../sealed.js';
import { IssuerKey } from './issuer.record.js';

/** Where an issuer's keys come from: written down with it, or fetched by identity, at `uri` or where its discovery says. */
export const IssuerKeySource = z.union([
  z.object({ from: z.literal('static') }),
  z.object({ from: z.literal('jwks_uri'), uri: z.string() }),
  z.object({ from: z.literal('discovery') }),
]);
export type IssuerKeySource = z.output<typeof IssuerKeySource>;

/** Everything of an external issuer that a change may change; each change carries all of it. */
export const IssuerSettings = z.object({
  /** Exactly what `iss` must be. */
  issuer: z.string(),
  audiences: z.array(z.string()),
  tokenTypes: z.array(z.string()),
  lifetimeSecondsMax: z.int(),
  keySource: IssuerKeySource,
  /** JSON of `IssuerMapping[]`. What claims are compared with may name a person. */
  mappings: Sealed,
});
export type IssuerSettings = z.output<typeof IssuerSettings>;

/** Stream `identity.issuer-<issuerId>`. Policy documents and decisions name an issuer by `issuer:<name>`. */
const Issuer = z.object({ issuerId: z.string(), tenantId: z.string(), at: z.iso.datetime() });
const WithReason = Issuer.extend({ reason: Sealed.optional() });

export const IssuerTrusted = defineEvent(
  'identity.issuer.trusted',
  Issuer.extend({
    name: Slug,
    settings: IssuerSettings,
    /** The static ones; empty where they are fetched. */
    keys: z.array(IssuerKey),
    createdBy: z.string(),
  }),
);
/** `keys` null: those held stay; another source of keys drops them. */
export const IssuerChanged = defineEvent(
  'identity.issuer.changed',
  Issuer.extend({ settings: IssuerSettings, keys: z.array(IssuerKey).nullable() }),
);
/** What was fetched is what holds from now on, until `keysUntil` unless it is seen again. */
export const IssuerKeysFetched = defineEvent(
  'identity.issuer.keys-fetched',
  Issuer.extend({ keys: z.array(IssuerKey), keysUntil: z.iso.datetime() }),
);
export const IssuerDisabled = defineEvent('identity.issuer.disabled', WithReason);
export const IssuerEnabled = defineEvent('identity.issuer.enabled', WithReason);
export const IssuerDeleted = defineEvent('identity.issuer.deleted', WithReason);

/** Our own issuer, as it is from now on. */
export const OwnIssuerPublished = defineEvent(
  'identity.issuer.own-published',
  Issuer.extend({ issuer: z.string(), audiences: z.array(z.string()), keys: z.array(IssuerKey) }),
);

export const issuerEvents = [
  IssuerTrusted,
  IssuerChanged,
  IssuerKeysFetched,
  IssuerDisabled,
  IssuerEnabled,
  IssuerDeleted,
  OwnIssuerPublished,
] as const;
export type IssuerEvent = ReturnType<(typeof issuerEvents)[number]['of']>;
