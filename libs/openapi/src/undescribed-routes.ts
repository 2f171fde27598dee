import { listRoutes } from '#libs/access';
import type { INestApplicationContext } from '@nestjs/common';
import { answersOf } from '#libs/http';

/** Suite for the specs of every application: routes that do not say with `@Answers` what they answer. Empty is right. */
export function undescribedRoutes(app: INestApplicationContext): string[] {
  return listRoutes(app)
    .filter(({ declaration }) => answersOf(declaration) === undefined)
    .map(({ method, path, controller, handler }) => `${method} ${path} (${controller}.${handler}) has no @Answers`);
}
