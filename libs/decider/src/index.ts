export { defineEvent, type EventDefinition, type StoredEvent } from './event.js';
export { fold, type Decider } from './decider.js';
export { DomainError } from './domain-error.js';
export { isStorable } from './storable-text.js';
export type { ListProjection, OpenSealed, RecordedAt, SealedText, StateProjection } from './projection.js';
