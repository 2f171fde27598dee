import type { TokenUsage } from './provider.js';

export const noTokens: TokenUsage = Object.freeze({
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
});

/** No single call uses more; a larger figure is an upstream's mistake or its attack on a budget. */
export const tokensPerCallMax = 100_000_000;

/** A reported figure, if it can be true. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= tokensPerCallMax
    ? value
    : undefined;
}

/** A part of a reported whole: what is missing, wrong, or more than the whole credits nobody. */
export function partOf(whole: number, details: unknown, name: string): number {
  return Math.min((isRecord(details) ? tokenCount(details[name]) : 0) ?? 0, whole);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
