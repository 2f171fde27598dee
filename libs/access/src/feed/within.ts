/** Resolves when `work` has ended, however it did, at the latest after `timeoutMs`. */
export async function within(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  try {
    await Promise.race([work.then(undefined, () => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
