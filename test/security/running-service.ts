import type { NestFastifyApplication } from '@nestjs/platform-fastify';

type Sent = { method: string; url: string; headers: Record<string, string>; payload?: object | string };

/**
 * A service that runs, in the form that the suites over route tables take: its routes are those of its module, and what
 * they send goes over HTTP to the process. It can do no more than these suites need.
 */
export function runningService(module: object, baseUrl: string): NestFastifyApplication {
  const controllers = Reflect.getMetadata('controllers', module) as readonly object[];
  const modules = new Map([
    [module, { controllers: new Map(controllers.map((metatype) => [metatype, { metatype }])) }],
  ]);
  const inject = async ({ method, url, headers, payload }: Sent) => {
    const body = payload === undefined || typeof payload === 'string' ? payload : JSON.stringify(payload);
    const answer = await fetch(baseUrl + url, { method, headers, ...(body !== undefined && { body }) });
    return { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
  };
  return { get: () => modules, inject } as unknown as NestFastifyApplication;
}
