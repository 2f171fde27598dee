/** What the supervisor needs to know to run one part of the stack as a process. */
export type Part = {
  /** As in the logs, and as key of `processes` in local.json. */
  readonly name: string;
  /** Lower ones stop first: services, then what they need. */
  readonly stopOrder: number;
  readonly stopSignal: NodeJS.Signals;
  /** How long an orderly stop may take before it is killed. */
  readonly stopWithinMs: number;
  readonly readyWithinMs: number;
  /** Where it listens, for the message when it is ready. */
  readonly address: string;
  /** What must be there before the process starts: a data folder, a configuration file. Repeatable. */
  prepare?(): Promise<void>;
  command(): Command | Promise<Command>;
  /** Rejects or answers false while the part cannot do its work yet. */
  isReady(): Promise<boolean>;
  /** Done after each time it became ready, before anything else is told so. Repeatable. */
  afterReady?(): Promise<void>;
};

export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment; nothing else is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly uid?: number;
  readonly gid?: number;
};
