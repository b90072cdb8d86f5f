import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorAnswer, shownError } from '../proxy/error-envelope.js';
import { PathUnknown, RequestMalformed } from '../proxy/errors.js';

/** Errors outside the surfaces, in Anthropic's envelope where `anthropic-version` is sent, else in OpenAI's. */
@Catch()
export class EnvelopeFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const id = String(reply.raw.getHeader('x-request-id'));
    const envelope = request.headers['anthropic-version'] === undefined ? 'openai' : 'anthropic';
    const answer = errorAnswer(shownError(fromFramework(thrown, request)), envelope, id);
    for (let i = 0; i < answer.headers.length; i += 2)
      void reply.header(answer.headers[i] as string, answer.headers[i + 1]);
    void reply.code(answer.status).send(answer.body);
  }
}

function fromFramework(thrown: unknown, request: FastifyRequest): unknown {
  if (!(thrown instanceof HttpException)) return thrown;
  if (thrown.getStatus() === 404)
    return new PathUnknown(`${request.method} ${request.url.split('?')[0]} is not served here`);
  return thrown.getStatus() < 500 ? new RequestMalformed(thrown.message) : thrown;
}
