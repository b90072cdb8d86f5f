import { ServiceEnvironment } from '@muxgate/runtime';
import { IsKeyRing } from '@muxgate/vault';
import { IsInt, IsNotEmpty, IsOptional, IsString, Max, Min } from 'class-validator';

/** The gateway's variables (contract, section 3). It never reads `MUXGATE_REFRESH_KEYS`. */
export class GatewayEnvironment extends ServiceEnvironment {
  @IsInt() @Min(0) @Max(65_535) PORT = 8080;
  @IsInt() @Min(0) @Max(65_535) override MANAGEMENT_PORT = 9080;
  @IsKeyRing() override MUXGATE_ACCESS_KEYS!: string;
  /** Requests at once; one more is answered 503 `overloaded_error`. */
  @IsInt() @Min(1) MAX_IN_FLIGHT = 2048;
  /** After SIGTERM: how long `/readyz` says no while requests are still taken, so that load balancers notice. */
  @IsInt() @Min(0) DRAIN_GRACE_SECONDS = 1;
  /** After that: how long open requests may take to finish. */
  @IsInt() @Min(0) DRAIN_SECONDS = 25;
  /**
   * Where usage is kept until Redis has it, so that a gateway that is killed leaves it to the next one; default
   * `muxgate-usage` in the system's directory for temporary files.
   */
  @IsOptional() @IsString() @IsNotEmpty() MUXGATE_SPOOL_DIR?: string;
}
