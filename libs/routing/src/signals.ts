/** What a request shows of itself to the router. */
export interface RouteSignals {
  /** as the client asked for it */
  readonly model: string;
  readonly client: string | undefined;
  readonly team: string | undefined;
  /** `x-claude-code-request-class` */
  readonly requestClass: string | undefined;
  readonly thinking: boolean;
  readonly tools: readonly ToolSignal[];
  readonly subagentModel: string | undefined;
  /** an image in any message, also inside a tool's result */
  readonly hasImage: boolean;
  /** estimated from bytes */
  readonly inputTokens: number;
  /** `name` in lower case */
  header(name: string): string | undefined;
}

export interface ToolSignal {
  readonly name: string | undefined;
  readonly type: string | undefined;
}
