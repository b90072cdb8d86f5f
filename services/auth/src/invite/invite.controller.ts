import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Invitation } from '@muxgate/connect';
import { parseRedirect } from '@muxgate/oauth';
import { AppError } from '@muxgate/runtime';
import type { Response } from 'express';
import { Public } from '../admin/admin.guard.js';
import { authorize } from '../connect/authorize.js';
import { complete } from '../connect/complete.js';
import { ConnectParts } from '../connect/connect-parts.js';
import type { AuthRequest } from '../http/auth-request.js';
import { callerOf } from '../http/caller.js';
import { InviteRate } from './invite-rate.js';
import { sendDeviceCode, sendFailed, sendInvitation, sendNotice, sendPasteForm } from './invite-pages.js';

/**
 * The invited person's way: the link → a start that ties the invitation to this browser → the provider → callback, pasted
 * code or device code. The link proves who may; looking at it changes nothing, so that previews of it do no harm.
 */
@ApiTags('oauth')
@Controller('invite')
@Public()
export class InviteController {
  constructor(
    private readonly parts: ConnectParts,
    private readonly rate: InviteRate,
  ) {}

  @Get(':token')
  @ApiOperation({ summary: 'The page of an invitation, for a browser' })
  @ApiProduces('text/html')
  async show(@Param('token') token: string, @Req() request: AuthRequest, @Res() response: Response) {
    await this.guarded(request, response, async () => {
      const { invitations, binding, progress, providers } = this.parts;
      const invitation = await invitations.find(token);
      if (invitation === undefined) return sendNotice(response, 'gone');
      const { setCookie, fingerprint } = binding.bind(request.headers);
      response.append('set-cookie', setCookie);
      const mine = await invitations.isClaimedBy(invitation.id, fingerprint);
      if (!invitations.isOpen(invitation)) {
        return sendNotice(response, mine && invitation.usedAt !== undefined ? 'connected' : 'gone');
      }
      const attempt = mine ? await invitations.attempt(invitation.id) : undefined;
      const path = `/invite/${token}`;
      if (attempt?.completion === 'paste') return sendPasteForm(response, attempt, path);
      if (attempt?.completion === 'device') {
        const { status } = await progress.read(attempt.state);
        if (status === 'pending') return sendDeviceCode(response, attempt, path);
      }
      sendInvitation(response, invitation, providers.find(invitation.provider), path);
    });
  }

  @Post(':token')
  @HttpCode(303)
  @ApiOperation({ summary: 'The person agrees: to the provider, or to the page with the next step' })
  @ApiProduces('text/html')
  async start(@Param('token') token: string, @Req() request: AuthRequest, @Res() response: Response) {
    await this.guarded(request, response, async () => {
      const invitation = await this.claimed(token, request, response);
      if (invitation === undefined) return;
      const { id, provider, credential } = invitation;
      const { address } = callerOf(request);
      const actor = `invitation:${id}`;
      const authorization = await authorize(this.parts, {
        provider,
        credential,
        actor,
        from: address,
        browser: this.parts.binding.fingerprintOf(request.headers),
        invitation: id,
      });
      const { state, url, completion, expiresAt, userCode } = authorization;
      await this.parts.invitations.keepAttempt(id, {
        state,
        url,
        completion,
        expiresAt,
        ...(userCode === undefined ? {} : { userCode }),
      });
      await this.parts.trail.record({
        actor,
        action: 'invitation.start',
        subject: id,
        outcome: 'success',
        from: address,
        details: { provider, credential, completion },
      });
      response.redirect(303, completion === 'callback' ? url : `/invite/${token}`);
    });
  }

  @Post(':token/code')
  @HttpCode(303)
  @ApiOperation({ summary: 'The person brings the code, or the address, that the provider showed' })
  @ApiProduces('text/html')
  async code(@Param('token') token: string, @Req() request: AuthRequest, @Res() response: Response) {
    await this.guarded(request, response, async () => {
      const invitation = await this.claimed(token, request, response);
      if (invitation === undefined) return;
      const path = `/invite/${token}`;
      const attempt = await this.parts.invitations.attempt(invitation.id);
      if (attempt === undefined) return sendFailed(response, path, 410);
      const given = (request.body as { answer?: unknown } | undefined)?.answer;
      const text = typeof given === 'string' ? given.trim() : '';
      try {
        const answer = parseRedirect(text);
        const other = answer.state !== undefined && answer.state !== attempt.state;
        if (other)
          return sendPasteForm(response, attempt, path, 'This belongs to another attempt. Start again.');
        await complete(
          this.parts,
          { ...answer, state: attempt.state },
          {
            kind: 'browser',
            headers: request.headers,
            address: callerOf(request).address,
            pasted: /^https?:/i.test(text) ? 'redirectUrl' : 'code',
          },
        );
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        if (error.code === 'redirect_invalid')
          return sendPasteForm(
            response,
            attempt,
            path,
            'This is neither a code nor an address of the provider.',
          );
        this.parts.logger.info({ err: error, requestId: request.id }, 'invitation not completed');
        return sendFailed(response, path, 422);
      }
      response.redirect(303, path);
    });
  }

  /** The invitation, if it is open and this browser's. Else the person has been told. */
  private async claimed(
    token: string,
    request: AuthRequest,
    response: Response,
  ): Promise<Invitation | undefined> {
    const { invitations, binding } = this.parts;
    const invitation = await invitations.find(token);
    // a form of another site comes without the cookie, since it is SameSite=Lax
    const browser = binding.fingerprintOf(request.headers);
    if (invitation === undefined || !invitations.isOpen(invitation)) sendNotice(response, 'gone');
    else if (browser === undefined) sendNotice(response, 'noCookie');
    else if (!(await invitations.claim(invitation.id, browser))) sendNotice(response, 'otherBrowser');
    else return invitation;
    return undefined;
  }

  /** Errors are pages here. */
  private async guarded(request: AuthRequest, response: Response, serve: () => Promise<void>): Promise<void> {
    try {
      if (await this.rate.allows(callerOf(request).address)) await serve();
      else sendNotice(response, 'tooMany');
    } catch (error) {
      this.parts.logger.warn({ err: error, requestId: request.id }, 'an invitation could not be served');
      sendNotice(response, 'unavailable');
    }
  }
}
