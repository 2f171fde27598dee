import { Logger } from '#libs/telemetry';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RoutePaths } from '../service/route-paths.js';
import { refusal, type ProblemError } from './problem.js';
import { problemBody, problemHeaders } from './problem-body.js';
import { problemOf } from './problem-of.js';

/** Answers everything thrown as a problem (RFC 9457), and logs what the caller is not told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: RoutePaths,
    private readonly statuses: Readonly<Record<string, number>> = {},
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const answer = this.answerTo(thrown, request);
    if (answer.status >= 500) {
      this.logger.error({ err: answer.cause ?? answer, request_id: request.id, code: answer.code }, 'request failed');
    }
    // A handler that had begun its answer cannot begin another one: the connection ends, so that it is not taken as whole.
    if (reply.raw.headersSent) return void reply.raw.destroy();
    // Bytes, as text would have a charset added to its type, which this one does not have.
    void reply
      .status(answer.status)
      .headers(problemHeaders(answer))
      .send(Buffer.from(problemBody(answer)));
  }

  private answerTo(thrown: unknown, request: FastifyRequest): ProblemError {
    const answer = problemOf(thrown, this.statuses);
    if (answer.status !== 404 || !request.is404) return answer;
    const methods = this.routes.methodsOf(request.url);
    if (methods.length === 0) return answer;
    return refusal('method_not_allowed', 'This path does not take this method.', {
      headers: { allow: methods.join(', ') },
    });
  }
}
