import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import {
  ApiExcludeEndpoint,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { ConfigSource, type SingleSignOnConfig } from '@muxgate/config';
import { AppError } from '@muxgate/runtime';
import type { Response } from 'express';
import { Authenticator } from 'passport';
import type { Principal } from '../admin/admin-tokens.js';
import { Public } from '../admin/admin.guard.js';
import { refusalOf, Refusals } from '../admin/refusals.js';
import { BrowserBinding } from '../connect/browser-binding.js';
import { PublicUrl } from '../connect/public-url.js';
import type { AuthRequest } from '../http/auth-request.js';
import { SignIn } from '../session/sign-in.js';
import { IdentityProviders } from './identity-provider.js';
import { SsoStateStore } from './sso-state.store.js';
import { beginFlow, returnedFlow, SsoStrategy } from './sso.strategy.js';
import { SsoNotConfigured, SsoRefused } from './sso.errors.js';

/** A path of the console and nothing that could lead elsewhere. */
const CONSOLE_PATH = /^\/console\/(?!\/)[A-Za-z0-9/._~?=&%-]*$/;
const CONSOLE = '/console/';

class SsoView {
  @ApiProperty({ description: 'whether people can sign in by it' }) enabled!: boolean;
  @ApiPropertyOptional({ description: 'what its button says' }) label?: string;
}

/** People of the organisation sign in by its OpenID provider, through passport-oauth2. */
@ApiTags('session')
@Controller('api/sso')
export class SsoController {
  private readonly passport = new Authenticator();

  constructor(
    private readonly config: ConfigSource,
    private readonly providers: IdentityProviders,
    private readonly states: SsoStateStore,
    private readonly binding: BrowserBinding,
    private readonly publicUrl: PublicUrl,
    private readonly signIn: SignIn,
    private readonly refusals: Refusals,
  ) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'Whether single sign-on is configured' })
  @ApiOkResponse({ type: SsoView })
  describe(): SsoView {
    const { sso } = this.config.current().console;
    return sso === undefined ? { enabled: false } : { enabled: true, label: sso.label };
  }

  /** A navigation, not a call: what goes wrong is told on the sign-in page. */
  @Get('login')
  @Public()
  @ApiExcludeEndpoint()
  async login(
    @Req() request: AuthRequest,
    @Res() response: Response,
    @Query('returnTo') wanted?: string,
  ): Promise<void> {
    await this.orExplain(request, response, async () => {
      const returnTo = typeof wanted === 'string' && CONSOLE_PATH.test(wanted) ? wanted : CONSOLE;
      const { fingerprint, setCookie } = this.binding.bind(request.headers);
      response.append('set-cookie', setCookie);
      const strategy = await this.strategy(beginFlow(fingerprint, returnTo));
      const sent = new Promise((resolve) => response.once('finish', resolve));
      await Promise.race([sent, this.authenticate(strategy, request, response)]);
    });
  }

  @Get('callback')
  @Public()
  @ApiExcludeEndpoint()
  async callback(@Req() request: AuthRequest, @Res() response: Response): Promise<void> {
    await this.orExplain(request, response, async () => {
      const strategy = await this.strategy(returnedFlow());
      await strategy.checkAnswer(request);
      const principal = await this.authenticate(strategy, request, response);
      await this.signIn.begin(request, response, principal, 'sso');
      response.redirect(303, strategy.flow.returnTo);
    });
  }

  private async strategy(flow: ReturnType<typeof beginFlow>): Promise<SsoStrategy> {
    const { sso } = this.config.current().console;
    if (sso === undefined) throw new SsoNotConfigured('Single sign-on is not configured.');
    return new SsoStrategy(
      {
        provider: await this.providers.reach(sso satisfies SingleSignOnConfig),
        callbackUrl: `${this.publicUrl.href}/api/sso/callback`,
        states: this.states,
        binding: this.binding,
      },
      flow,
    );
  }

  /** Answers the request with a redirect to the provider, where the request is not a return from it. */
  private authenticate(strategy: SsoStrategy, request: AuthRequest, response: Response): Promise<Principal> {
    return new Promise((resolve, reject) => {
      const finish = (error: unknown, principal: Principal | false | undefined): void => {
        if (error) reject(error instanceof Error ? error : new SsoRefused('The sign-in failed.'));
        else if (principal) resolve(principal);
        else reject(new SsoRefused('The provider did not sign you in.'));
      };
      this.passport.authenticate(strategy, { session: false }, finish)(request, response, reject);
    });
  }

  private async orExplain(
    request: AuthRequest,
    response: Response,
    step: () => Promise<void>,
  ): Promise<void> {
    try {
      await step();
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal_error';
      // answered by a redirect, it is no error that the filter of errors sees
      await this.refusals.note(refusalOf(request, { status: 401, code }));
      response.redirect(303, `${CONSOLE}sign-in?error=${encodeURIComponent(code)}`);
    }
  }
}
