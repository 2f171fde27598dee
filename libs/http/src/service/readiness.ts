/** `true`, or in a few public words what it waits for. */
export type ReadyAnswer = true | string;
export type ReadyCheck = () => ReadyAnswer | Promise<ReadyAnswer>;

/** How long one check may take before it counts as not ready. */
const CHECK_TIMEOUT_MS = 2000;

/** What `/readyz` asks. Parts register themselves; a service without any check is ready when it listens. */
export class Readiness {
  private readonly checks = new Map<string, ReadyCheck>();
  private closing = false;

  /** The answer is public: no address, no name of a tenant, no error text. A check that throws is `failing`. */
  register(name: string, check: ReadyCheck): void {
    if (this.checks.has(name)) throw new RangeError(`There is a readiness check of this name already: ${name}`);
    this.checks.set(name, check);
  }

  /** From here on the service is not ready: it is going down. */
  close(): void {
    this.closing = true;
  }

  async look(): Promise<{ ready: boolean; checks: Record<string, ReadyAnswer> }> {
    const answers = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await bounded(check)] as const),
    );
    const checks: Record<string, ReadyAnswer> = Object.fromEntries(answers);
    if (this.closing) checks['service'] = 'going down';
    return { ready: Object.values(checks).every((answer) => answer === true), checks };
  }
}

async function bounded(check: ReadyCheck): Promise<ReadyAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ReadyAnswer>((resolve) => {
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, 'no answer');
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return 'failing';
  } finally {
    clearTimeout(timer);
  }
}
