import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { parseRedirect } from '@muxgate/oauth';
import { AppError } from '@muxgate/runtime';
import type { Response } from 'express';
import { Public } from '../admin/admin.guard.js';
import type { AuthRequest } from '../http/auth-request.js';
import { callerOf } from '../http/caller.js';
import { MethodNotAllowed } from '../http/http.errors.js';
import { sendCallbackPage, type CallbackOutcome } from './callback-page.js';
import { complete } from './complete.js';
import { ConnectParts } from './connect-parts.js';

/** Where the provider sends the browser back to. It answers people, so errors are pages here. */
@ApiTags('oauth')
@Controller()
@Public()
export class CallbackController {
  constructor(private readonly parts: ConnectParts) {}

  @Get(['api/oauth/callback', 'auth/callback'])
  @ApiOperation({ summary: 'The return of the browser; proves itself by state and cookie' })
  @ApiProduces('text/html')
  async callback(@Req() request: AuthRequest, @Res() response: Response): Promise<void> {
    // Express answers HEAD by the GET route: a link checker must not use the state up
    if (request.method === 'HEAD') {
      throw new MethodNotAllowed('Allowed here: GET.', { headers: { allow: 'GET' } });
    }
    try {
      // the query as sent: a parsed one would hide repeated parameters
      const answer = parseRedirect(new URL(request.originalUrl, this.parts.publicUrl.href).search || '?');
      await complete(this.parts, answer, {
        kind: 'browser',
        headers: request.headers,
        address: callerOf(request).address,
      });
      sendCallbackPage(response, 'connected');
    } catch (error) {
      const outcome = pageFor(error);
      const level = outcome === 'unavailable' ? 'error' : 'info';
      this.parts.logger[level]({ err: error, requestId: request.id }, 'callback not completed');
      sendCallbackPage(response, outcome);
    }
  }
}

function pageFor(error: unknown): CallbackOutcome {
  if (!(error instanceof AppError)) return 'unavailable';
  if (error.status === 410) return 'expired';
  if (error.code === 'authorization_denied') return 'denied';
  if (error.code === 'oauth_discovery_failed') return 'unavailable';
  return error.status === 400 ? 'refused' : 'failed';
}
