type Headers = Readonly<Record<string, string>>;

/** One way to reach the provider, measured in turn with the others. */
export type Arm = {
  readonly name: string;
  /** Where requests go: `<url>/chat/completions`. */
  readonly url: string;
  /** A function where each request has its own. */
  readonly headers: Headers | (() => Headers);
  readonly model: string;
  /** Whose CPU is counted; undefined where there is no process between client and provider. */
  readonly pid: number | undefined;
  /** What every answer has to be; 200 unless given. */
  readonly status?: number;
};

/** Something that was started for the benchmark and is stopped after it. */
export type Running = { readonly arm: Arm; stop(): Promise<void> };
