import { AppError } from '@muxgate/runtime';

export interface RequestErrorDetails {
  /** further members of the problem document */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An error of the REST surface that says more than a code: problem members or response headers. */
export class RequestError extends AppError {
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, details: RequestErrorDetails = {}) {
    super(message, code, status, true, { cause: details.cause });
    this.members = details.members ?? {};
    this.headers = details.headers ?? {};
  }
}
