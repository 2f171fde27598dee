import { Bus } from '#libs/bus';
import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { EventStore } from '../event-store.js';
import { openEventStore, type EventStoreOptions, type OpenedEventStore } from '../open-event-store.js';
import { ProjectionRunner } from '../projections/projection-runner.js';
import { Publication } from '../publication/publication.js';
import { SubjectKeys } from '../sealing/subject-keys.js';

export type EventStoreModuleOptions = EventStoreOptions & {
  /** Modules that provide `Bus`, unless a global one does. */
  readonly imports?: DynamicModule['imports'];
};

const OPENED = Symbol('opened event store');

/** The event store of a service: migrates and opens it before anything that needs it, publishes while the app runs. */
@Global()
@Module({})
export class EventStoreModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(OPENED) private readonly store: OpenedEventStore) {}

  static forRoot({ imports, ...options }: EventStoreModuleOptions): DynamicModule {
    const opened: Provider = {
      provide: OPENED,
      inject: [Bus],
      useFactory: (bus: Bus) => openEventStore(options, bus),
    };
    const parts = [
      part(EventStore, ({ events }) => events),
      part(SubjectKeys, ({ subjectKeys }) => subjectKeys),
      part(Publication, ({ publication }) => publication),
      part(ProjectionRunner, ({ projections }) => projections),
      part(MikroORM, ({ orm }) => orm),
      part(EntityManager, ({ em }) => em),
    ];
    return {
      module: EventStoreModule,
      imports: imports ?? [],
      providers: [opened, ...parts.map(({ provider }) => provider)],
      exports: parts.map(({ token }) => token),
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.store.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}

type Token = NonNullable<Extract<Provider, { provide: unknown }>['provide']>;

function part(token: Token, pick: (store: OpenedEventStore) => unknown): { token: Token; provider: Provider } {
  return { token, provider: { provide: token, inject: [OPENED], useFactory: pick } };
}
