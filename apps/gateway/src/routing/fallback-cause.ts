import type { DocumentOf } from '#libs/policy-language';

/** What a target's `fallbackOn` may name. */
export type FallbackOn = NonNullable<DocumentOf<'Route'>['spec']['targets'][number]['fallbackOn']>;

/**
 * Why an attempt has no answer for its caller: the upstream's status, no answer in time, no connection (so that nothing
 * was asked of anybody), or an upstream that broke off before the first byte.
 */
export type FailureCause = number | 'timeout' | 'connect' | 'broken';

/** Whether a target leads on after this. An upstream that breaks off is as one that answers 500. */
export function leadsOn(fallbackOn: FallbackOn, cause: FailureCause): boolean {
  if (typeof cause !== 'number') return fallbackOn.includes(cause === 'broken' ? '5xx' : cause);
  return fallbackOn.includes(cause) || (cause >= 400 && fallbackOn.includes(cause < 500 ? '4xx' : '5xx'));
}

/** Whether a target whose circuit is open is passed over: it would fail in one of these ways. */
export function goesOnWithout(fallbackOn: FallbackOn): boolean {
  return fallbackOn.includes('5xx') || fallbackOn.includes('timeout') || fallbackOn.includes('connect');
}
