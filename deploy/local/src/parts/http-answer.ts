const PROBE_WITHIN_MS = 1_000;

/** True when GET answers 2xx within a second. Rejects when nobody listens. */
export async function answersOk(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_WITHIN_MS), redirect: 'manual' });
  await answer.body?.cancel();
  return answer.ok;
}
