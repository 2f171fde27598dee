import { AccessModule, Peppers } from '#libs/access';
import { Bus } from '#libs/bus';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Resources } from './resources.js';

/**
 * Gives the whole application what was opened for it (`Bus`, `Peppers`) and guards every route of it. `providers` are
 * the app's own, for every module too.
 */
@Module({})
export class ResourcesModule {
  static of(resources: Resources, providers: readonly { provide: unknown; useValue: unknown }[] = []): DynamicModule {
    const { service, replica, busKey, peppers, spool, bus, publicUrl } = resources;
    const given = [{ provide: Bus, useValue: bus }, { provide: Peppers, useValue: peppers }, ...providers] as const;
    return {
      module: ResourcesModule,
      global: true,
      imports: [AccessModule.forRoot({ service, replica, busKey, peppers, spool, bus, publicUrl })],
      providers: [...given] as NonNullable<DynamicModule['providers']>,
      exports: given.map(({ provide }) => provide) as NonNullable<DynamicModule['exports']>,
    };
  }
}
