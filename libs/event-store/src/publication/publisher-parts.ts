import type { Bus, Logger } from '#libs/bus';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { StoreTopics } from '../store/store-topics.js';
import type { Adopt } from './adopt.js';
import type { Writer } from './term.js';

/** What a publisher works with. */
export type PublisherParts = {
  readonly em: EntityManager;
  readonly bus: Bus;
  readonly topics: StoreTopics;
  readonly writer: Writer;
  readonly logger: Logger;
  readonly adopt?: Adopt;
};
