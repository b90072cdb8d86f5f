import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { RouteExplanation, TargetExplanation } from '@muxgate/routing';

class TargetView implements TargetExplanation {
  @ApiProperty() provider!: string;
  @ApiProperty({ description: 'the upstream model' }) model!: string;
  @ApiProperty() priority!: number;
  @ApiProperty() weight!: number;
  @ApiProperty({ enum: ['first', 'next', 'resting', 'unable'] }) state!: TargetExplanation['state'];
  @ApiProperty() why!: string;
  @ApiPropertyOptional({
    description: 'id of the stored credential that goes on the request, {client} and {team} replaced',
  })
  credential?: string;
}

class RefusalView {
  @ApiProperty() status!: number;
  @ApiProperty() code!: string;
  @ApiProperty() message!: string;
}

export class RouteView implements RouteExplanation {
  @ApiProperty({ example: 'think', description: 'as in x-muxgate-rule' }) rule!: string;
  @ApiProperty() model!: string;
  @ApiProperty({ description: 'why this rule' }) why!: string;
  @ApiProperty({ type: [TargetView], description: 'in the order to be tried, then those that cannot serve' })
  targets!: TargetView[];
  @ApiPropertyOptional({ type: RefusalView, description: 'what the gateway would answer instead' })
  refusal?: RefusalView;
}
