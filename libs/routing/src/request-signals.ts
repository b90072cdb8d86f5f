import type { IncomingHttpHeaders } from 'node:http';
import { arrayItems, textAt, type Range, type ScannedBody } from '@muxgate/json-scan';
import { findImages } from './find-images.js';
import type { RouteSignals, ToolSignal } from './signals.js';
import { findSubagentTags, type SubagentTags } from './subagent-tags.js';

/** What an image costs where its size is not looked at: that of one as large as vendors take (about 1.15 megapixels). */
const TOKENS_PER_IMAGE = 1_600;
const BYTES_PER_TOKEN = 4;
const THINKING = new Set(['enabled', 'adaptive']);
const REQUEST_CLASS = 'x-claude-code-request-class';

/** Who asks, as far as rules may depend on it. */
export interface RouteClient {
  /** of the client key */
  readonly id: string;
  readonly name: string;
  readonly team?: string;
}

/**
 * The signals of a scanned request. Each is found when it is first asked for, in the ranges that the scan has left;
 * the body is never parsed. Drop it with the body: it holds on to it.
 */
export class RequestSignals implements RouteSignals {
  private foundTools: readonly ToolSignal[] | undefined;
  private foundImages: readonly Range[] | undefined;
  private foundTags: SubagentTags | undefined;

  constructor(
    private readonly body: Buffer,
    private readonly scanned: ScannedBody,
    private readonly headers: IncomingHttpHeaders,
    private readonly from: RouteClient,
  ) {}

  get model(): string {
    return this.scanned.model.value;
  }

  get client(): string {
    return this.from.name;
  }

  get team(): string | undefined {
    return this.from.team;
  }

  get requestClass(): string | undefined {
    return this.header(REQUEST_CLASS);
  }

  get thinking(): boolean {
    const { thinkingType, reasoningEffort } = this.scanned;
    return (
      (thinkingType !== undefined && THINKING.has(thinkingType)) ||
      (reasoningEffort !== undefined && reasoningEffort !== 'none')
    );
  }

  get tools(): readonly ToolSignal[] {
    return (this.foundTools ??= readTools(this.body, this.scanned.fields.tools));
  }

  get subagentModel(): string | undefined {
    return this.subagentTags.model;
  }

  get subagentTags(): SubagentTags {
    return (this.foundTags ??= findSubagentTags(this.body, this.scanned.fields));
  }

  get hasImage(): boolean {
    return this.images.length > 0;
  }

  /** Four bytes a token over all that is input, images by count: base64 says nothing of their size in tokens. */
  get inputTokens(): number {
    const { system, instructions, messages, input, tools } = this.scanned.fields;
    let bytes = 0;
    for (const range of [system, instructions, messages, input, tools])
      if (range !== undefined) bytes += range.end - range.start;
    for (const { start, end } of this.images) bytes -= end - start;
    return Math.ceil(bytes / BYTES_PER_TOKEN) + this.images.length * TOKENS_PER_IMAGE;
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  private get images(): readonly Range[] {
    return (this.foundImages ??= findImages(this.body, this.scanned.fields));
  }
}

/** Chat Completions keeps a function's name one level deeper. */
function readTools(body: Buffer, range: Range | undefined): ToolSignal[] {
  if (range === undefined) return [];
  return Array.from(arrayItems(body, range.start), (tool) => ({
    name: textAt(body, tool, 'name') ?? textAt(body, tool, 'function', 'name'),
    type: textAt(body, tool, 'type'),
  }));
}
