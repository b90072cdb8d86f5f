import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { OAuthProviderConfig } from '@muxgate/config';
import { OAuthProviders } from '../connect/oauth-providers.js';
import { PublicUrl } from '../connect/public-url.js';
import type { Page } from '../http/paging.js';
import { Needs } from './admin.guard.js';

type OAuthProviderView = Omit<OAuthProviderConfig, 'clientSecret' | 'quirks'> & {
  readonly redirectUri: string;
};

@ApiTags('oauth')
@Controller('api/oauth/providers')
export class OAuthProvidersController {
  constructor(
    private readonly providers: OAuthProviders,
    private readonly publicUrl: PublicUrl,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'Configured OAuth providers, without secrets' })
  list(): Page<OAuthProviderView> {
    return { items: this.providers.list().map((provider) => this.view(provider)) };
  }

  private view({ clientSecret: _, quirks: _quirks, ...shown }: OAuthProviderConfig): OAuthProviderView {
    return { ...shown, redirectUri: shown.redirectUri ?? this.publicUrl.callback };
  }
}
