import { ACCESS_TOKEN_SECONDS_MAX } from '#libs/contracts';

/** A key signs for so long before the next one takes over, seconds. */
export const SIGNING_SECONDS = 30 * 86_400;
/** A key is published for so long before it signs, seconds: by then every guard on the bus, and who caches JWKS, has it. */
export const PUBLISHED_AHEAD_SECONDS = 3_600;
/** A former key verifies for so long after the last token that it may have signed, seconds: clocks differ. */
const MARGIN_SECONDS = 300;

/** Times of one key, ms since 1970. `publishedUntilMs` is null while no successor has been made. */
export type KeyTimes = {
  readonly kid: string;
  readonly signsFromMs: number;
  readonly publishedUntilMs: number | null;
};
export type KeyStatus = 'next' | 'signing' | 'retired';

/** Those that verify now, the signing one first: it is the youngest of those whose time has come. */
export function publishedKeys<Key extends KeyTimes>(keys: readonly Key[], nowMs: number) {
  const live = keys
    .filter(({ publishedUntilMs }) => publishedUntilMs === null || publishedUntilMs > nowMs)
    .toSorted((a, b) => b.signsFromMs - a.signsFromMs);
  const signing = live.find(({ signsFromMs }) => signsFromMs <= nowMs);
  const statusOf = (key: Key): KeyStatus => {
    if (key === signing) return 'signing';
    return key.signsFromMs > nowMs ? 'next' : 'retired';
  };
  const listed = live.map((key) => ({ ...key, status: statusOf(key) }));
  return listed.toSorted((a, b) => rank[a.status] - rank[b.status]);
}

const rank = { signing: 0, next: 1, retired: 2 } as const;

/** When the next key must be made, so that it has been published long enough when the present one has signed long enough. */
export function isNextDue(keys: readonly KeyTimes[], nowMs: number): boolean {
  const youngest = Math.max(...keys.map(({ signsFromMs }) => signsFromMs));
  return nowMs >= youngest + (SIGNING_SECONDS - PUBLISHED_AHEAD_SECONDS) * 1_000;
}

/** Until when a key verifies whose successor signs from `successorFromMs` on. */
export function publishedUntil(successorFromMs: number): number {
  return successorFromMs + (ACCESS_TOKEN_SECONDS_MAX + MARGIN_SECONDS) * 1_000;
}
