import type { FeedName } from './access-feed-options.js';

export const feedNames: readonly FeedName[] = ['identity', 'policy'];

/** The same of each feed. */
export function ofEach<Value>(of: (name: FeedName) => Value): Record<FeedName, Value> {
  return { identity: of('identity'), policy: of('policy') };
}
