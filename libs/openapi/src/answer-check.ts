import { listRoutes, type Route } from '#libs/access';
import type { INestApplicationContext } from '@nestjs/common';
import type { z } from 'zod';
import { answersOf } from '#libs/http';
import { problemsOf } from './problems-of.js';
import { Problem } from './schemas.js';

/** An answer as it was got; `body` is parsed where it is JSON. */
export type GotAnswer = {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly body: unknown;
};

/** Holds real answers to what their routes declare, for the fixtures of an application: a wrong declaration fails specs. */
export class AnswerCheck {
  private readonly routes: readonly { readonly route: Route; readonly matches: RegExp }[];

  constructor(app: INestApplicationContext) {
    const parts = (path: string) => path.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+');
    // Of two that match, the one that names more of the path.
    this.routes = listRoutes(app)
      .map((route) => ({ route, matches: new RegExp(`^${parts(route.path)}/?$`) }))
      .sort((a, b) => a.route.path.split(':').length - b.route.path.split(':').length);
  }

  /** Throws an Error that names route, status and difference. What has no route is no affair of a declaration. */
  hold({ method, url, status, body }: GotAnswer): void {
    const path = url.split('?', 1)[0] ?? '';
    const found = this.routes.find(({ route, matches }) => route.method === method && matches.test(path));
    if (!found) return;
    const where = `${method} ${found.route.path} answered ${status}`;
    if (status >= 400) {
      if (status < 500 && !problemsOf(found.route).includes(status))
        throw new Error(`${where}, which it does not say.`);
      hold(Problem, body, where);
      return;
    }
    const declared = answersOf(found.route.declaration);
    if (!declared) throw new Error(`${where}, and says with no @Answers what it answers.`);
    const schema = declared.bodies[status];
    if (schema === undefined) throw new Error(`${where}, which it does not say.`);
    if (schema) hold(schema, body, where);
  }
}

function hold(schema: z.ZodType, body: unknown, where: string) {
  const read = schema.safeParse(body);
  if (read.success) return;
  const issues = read.error.issues.map(({ path, message }) => `${path.join('/') || 'the body'}: ${message}`);
  throw new Error(`${where}, and not as it says: ${issues.join('; ')}`);
}
