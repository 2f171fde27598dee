/** A key of the topic that cannot be read at all: nobody knows whom it would have denied, so the topic stops. */
export class UnreadableStateKey extends Error {
  constructor() {
    super('A record of the state topic has a key of no known form.');
    this.name = 'UnreadableStateKey';
  }
}
