import type { KeyRestrictions, PolicyDocument } from '#libs/policy-language';
import type { AccessRequest, Credential } from '../request.js';

/** A request whose key still has its restrictions as they were written. */
export type NaiveRequest = Omit<AccessRequest, 'credential'> & {
  credential: Omit<Credential, 'restrictions' | 'details'> & {
    restrictions?: KeyRestrictions | undefined;
    details?: KeyRestrictions | undefined;
  };
};
/** Whole sets in force. */
export type NaivePolicy = { tenant: string; own: readonly PolicyDocument[]; platform: readonly PolicyDocument[] };
export type NaiveDecision = {
  allowed: boolean;
  code: string | null;
  reason: string;
  statements: string[];
  boundaries: string[];
};
export type NaiveResource = {
  type: string;
  path: string;
  tenant: string;
  name: string;
  provider?: string;
  types?: readonly string[];
  tags: Record<string, string>;
  owner?: string;
  team?: string;
};
