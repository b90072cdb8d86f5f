import { ServiceEnvironment } from '@muxgate/runtime';
import { IsKeyRing } from '@muxgate/vault';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

export class WorkerEnvironment extends ServiceEnvironment {
  @IsInt() @Min(0) @Max(65_535) override MANAGEMENT_PORT = 9082;
  @IsKeyRing() override MUXGATE_ACCESS_KEYS!: string;
  @IsKeyRing() MUXGATE_REFRESH_KEYS!: string;
  /** Where token sets that Redis would not take are kept, sealed; without it they are kept in memory only. */
  @IsOptional() @IsString() MUXGATE_ESCROW_DIR?: string;
}
