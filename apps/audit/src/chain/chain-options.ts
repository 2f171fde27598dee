/** Token of the key that checkpoints are signed with. */
export const CHECKPOINT_KEY = Symbol('the key that checkpoints are signed with');
/** Token of {@link CheckpointOptions}. */
export const CHECKPOINT_OPTIONS = Symbol('when and where checkpoints are written');

export type CheckpointOptions = {
  /** Between two looks; a tenant without new rows gets no checkpoint. */
  readonly everySeconds: number;
  /** Where each checkpoint is also put as a file, for whom the operator trusts; undefined for nowhere. */
  readonly folder: string | undefined;
};
