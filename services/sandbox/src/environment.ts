import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';

/** What the sandbox vendor reads; it shares nothing with Muxgate's own services, for it is not one of them. */
export class SandboxEnvironment {
  @IsInt() @Min(0) @Max(65_535) PORT = 9100;
  @IsString() @IsNotEmpty() HOST = '127.0.0.1';
  @IsInt() @Min(1) @Max(86_400) SANDBOX_ACCESS_TOKEN_SECONDS = 60;
  @IsOptional() @IsUrl({ require_tld: false, protocols: ['http', 'https'] }) SANDBOX_PUBLIC_URL?: string;
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) LOG_LEVEL = 'info';
}
