import type { UsageRecord } from '#libs/contracts';
import type { TenantSnapshot } from '#libs/decision-engine';
import { billionthsOf, moneyText } from '#libs/limits';
import { PLATFORM, type DocumentOf } from '#libs/policy-language';

/** A run of a window, and what calls used in it at all gateways together. */
export type LimitRun = {
  /** Names the run, the same for all who claim parts of it. */
  readonly window: string;
  readonly about: Pick<UsageRecord, 'tenantId' | 'holder' | 'rule' | 'unit' | 'per' | 'startMs' | 'endMs'>;
  readonly used: number;
};
export type LimitRule = DocumentOf<'Limits'>['spec']['rules'][number];

/** The rule of a run as it is in force now; undefined where it was deleted, or counts something else by now. */
export function ruleOf(snapshot: TenantSnapshot, { about }: LimitRun): LimitRule | undefined {
  const [kind, name, id] = about.rule.split('/');
  const { platform, own } = snapshot.compiled;
  const set = about.holder === PLATFORM ? platform : own;
  const document = set.documents.get(`${kind}/${name}`) as DocumentOf<'Limits'> | undefined;
  return document?.spec.rules.find((rule) => rule.id === id && rule.unit === about.unit);
}

/** The most of a rule, in what its runs count, and how such an amount is written: decimal text. */
export function amountsOf({ limit }: LimitRule): { readonly most: number; text(amount: number): string } {
  return typeof limit === 'string' ? { most: billionthsOf(limit), text: moneyText } : { most: limit, text: String };
}
