import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ReplicaReport, Revision, RevisionHead } from '@muxgate/revisions';
import { isoTime } from '../http/paging.js';
import type { FileState } from './config-file.js';

export class MistakeView {
  @ApiProperty({ example: 'models[2].targets[0].provider' }) path!: string;
  @ApiProperty() message!: string;
}

export class RevisionHeadView {
  @ApiProperty() revision!: number;
  @ApiProperty({ description: 'who: the name of an admin token, or `file`' }) by!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ enum: ['file', 'api'] }) source!: string;
  @ApiProperty({ description: 'SHA-256 of the text' }) hash!: string;
  @ApiPropertyOptional() comment?: string;
}

export class RevisionView extends RevisionHeadView {
  @ApiProperty({ description: 'YAML; secrets are references' }) text!: string;
  @ApiProperty({ description: 'unified diff against `against`' }) diff!: string;
  @ApiPropertyOptional({ description: 'the revision that it is compared with' }) against?: number;
}

class ProblemView {
  @ApiProperty() revision!: number;
  @ApiProperty({ type: [String] }) mistakes!: readonly string[];
}

class ReplicaView {
  @ApiProperty() id!: string;
  @ApiProperty({ enum: ['gateway', 'auth', 'worker'] }) service!: string;
  @ApiProperty() host!: string;
  @ApiProperty({ description: 'the revision that it runs; 0: its file' }) revision!: number;
  @ApiPropertyOptional({ description: 'why it does not run a newer one' }) problem?: ProblemView;
  @ApiPropertyOptional({ type: [String], description: 'of the file that it watches' })
  fileMistakes?: readonly string[];
  @ApiProperty({ format: 'date-time' }) seenAt!: string;
}

class FileView {
  @ApiProperty({ enum: ['taken', 'rejected', 'unreadable', 'pending'] }) state!: string;
  @ApiPropertyOptional() hash?: string;
  @ApiProperty({ type: [MistakeView] }) mistakes!: readonly MistakeView[];
}

export class ConfigView extends RevisionHeadView {
  @ApiProperty({ description: 'YAML; secrets are references' }) text!: string;
  @ApiProperty({ description: 'the file, as this replica of auth sees it' }) file!: FileView;
  @ApiProperty({ type: [ReplicaView] }) replicas!: readonly ReplicaView[];
}

export class CommittedView {
  @ApiProperty({ description: 'the revision in force' }) revision!: number;
  @ApiProperty({ description: 'false: this very text was in force already' }) changed!: boolean;
}

export class ValidationView {
  @ApiProperty() valid!: boolean;
  @ApiProperty({ type: [MistakeView] }) mistakes!: readonly MistakeView[];
  @ApiProperty({ description: 'unified diff against the revision in force' }) diff!: string;
}

type Fields<T> = { [K in keyof T]: T[K] };

export function headView({ number, at, ...rest }: RevisionHead): Fields<RevisionHeadView> {
  return { revision: number, ...rest, at: isoTime(at) };
}

export function configView(
  { text, ...head }: Revision,
  file: FileState,
  replicas: readonly ReplicaReport[],
): ConfigView {
  const seen = replicas.map(({ seenAt, ...replica }) => ({ ...replica, seenAt: isoTime(seenAt) }));
  return { ...headView(head), text, file, replicas: seen };
}
