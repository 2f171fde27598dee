import { contentKeyEvents, type ContentKeyEvent } from '#libs/contracts';
import type { Aggregate } from '#libs/event-store';
import {
  contentKeyDecider,
  type ContentKeyState,
  type CreateContentKey,
  type DeleteContentKey,
} from './content-key.decider.js';
import { contentKeyState } from './content-key-state.projection.js';

/** One stream per pair of keys. */
export const contentKeyAggregate: Aggregate<ContentKeyState, CreateContentKey | DeleteContentKey, ContentKeyEvent> = {
  name: 'audit.content-key',
  decider: contentKeyDecider,
  events: contentKeyEvents,
  states: [contentKeyState],
};
