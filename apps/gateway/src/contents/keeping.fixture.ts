import { document } from '../pipeline/surfaces.fixture.js';
import type { CallContents } from './call-contents.js';
import { ContentsKeeper } from './contents-keeper.js';

/** A tenant that has prompts and answers kept. */
export const storing = document('TenantSettings', 'settings', { storePrompts: true });

/** Keeps for every tenant that wants it, unless it has no key, and shows what was kept. */
export function keeping({ hasKey = true, bytesMax = 65_536 } = {}) {
  const calls: CallContents[] = [];
  const lost: string[] = [];
  const keeper = new ContentsKeeper({
    keys: { has: () => hasKey },
    queue: { add: (contents) => void calls.push(contents) },
    lost: { add: (_amount, labels) => void lost.push(String(labels?.['reason'])) },
    bytesMax,
  });
  return { calls, lost, keeper };
}

/** What is kept of the n-th call, and its prompt and answer as text. */
export function keptOf({ calls }: Pick<ReturnType<typeof keeping>, 'calls'>, n = 0) {
  const contents = calls.at(n);
  if (!contents) throw new Error('no such call was kept');
  const { request, answer } = contents.kept();
  return { contents, request, answer, texts: [textOf(request), answer && textOf(answer)] };
}

/** What is kept, as text. */
export const textOf = ({ base64 }: { readonly base64: string }) => Buffer.from(base64, 'base64').toString();
