import { ServiceEnvironment } from '@muxgate/runtime';
import { IsKeyRing } from '@muxgate/vault';
import { IsInt, IsOptional, IsUrl, Matches, Max, Min } from 'class-validator';
import { ADMIN_TOKENS } from './admin/admin-tokens.js';
import { AreTrustedProxies } from './http/trusted-proxies.js';

const WEB_ADDRESS = { protocols: ['http', 'https'], require_protocol: true, require_tld: false };

/** The auth service's variables (contract, section 3). */
export class AuthEnvironment extends ServiceEnvironment {
  @IsInt() @Min(0) @Max(65_535) PORT = 8081;
  @IsInt() @Min(0) @Max(65_535) override MANAGEMENT_PORT = 9081;
  /** The service as browsers see it; default `http://<HOST>:<PORT>`. */
  @IsOptional()
  @IsUrl(WEB_ADDRESS, { message: 'PUBLIC_URL must be an http(s) URL' })
  PUBLIC_URL?: string;
  /** How this service reaches the gateway, for the console's Try it. */
  @IsOptional() @IsUrl(WEB_ADDRESS, { message: 'GATEWAY_URL must be an http(s) URL' }) GATEWAY_URL?: string;
  /** What developers point their clients at; default is `GATEWAY_URL`. */
  @IsOptional()
  @IsUrl(WEB_ADDRESS, { message: 'GATEWAY_PUBLIC_URL must be an http(s) URL' })
  GATEWAY_PUBLIC_URL?: string;
  /** Proxies before this service: what they say in `x-forwarded-for` is where a caller is. */
  @IsOptional() @AreTrustedProxies() TRUSTED_PROXIES?: string;
  @IsKeyRing() override MUXGATE_ACCESS_KEYS!: string;
  @IsKeyRing() MUXGATE_REFRESH_KEYS!: string;
  @Matches(ADMIN_TOKENS, {
    message:
      'MUXGATE_ADMIN_TOKENS must be name:role:sha256-hex-of-token,… with role viewer, operator or admin',
  })
  MUXGATE_ADMIN_TOKENS!: string;
  /** Under `npm start`: the SHA-256 in hex of the client key that the launcher gives out; this key may pin. */
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/, { message: 'MUXGATE_LOCAL_CLIENT_KEY_HASH must be a SHA-256 in hex' })
  MUXGATE_LOCAL_CLIENT_KEY_HASH?: string;
}
