import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AnswerCheck } from './answer-check.js';

type Sent = { readonly method?: string; readonly url: string };
type Got = { readonly statusCode: number; readonly body: string; readonly headers: Record<string, unknown> };

/** The application, each answer of whose `inject` is held to what its route declares; a difference rejects. For fixtures. */
export function holdAnswers(app: NestFastifyApplication): NestFastifyApplication {
  const check = new AnswerCheck(app);
  const inject = app.inject.bind(app) as unknown as (sent: Sent | string) => Promise<Got>;
  const checked = async (sent: Sent | string) => {
    const { method = 'GET', url } = typeof sent === 'string' ? { url: sent } : sent;
    const answer = await inject(sent);
    const isJson = String(answer.headers['content-type']).includes('json');
    check.hold({ method, url, status: answer.statusCode, body: isJson ? JSON.parse(answer.body) : undefined });
    return answer;
  };
  return new Proxy(app, {
    get: (target, name) => (name === 'inject' ? checked : (Reflect.get(target, name) as unknown)),
  });
}
