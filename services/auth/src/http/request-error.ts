import { AppError } from '@muxgate/runtime';

export interface RequestErrorDetails {
  /** further members of the problem document */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error of the REST surface that says more than a code: problem members or response headers. */
export class RequestError extends AppError {
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, code: string, status: number, details: RequestErrorDetails) {
    super(message, code, status, true);
    this.members = details.members ?? {};
    this.headers = details.headers ?? {};
  }
}

export type RequestErrorClass = new (message: string, details?: RequestErrorDetails) => RequestError;

/** As `defineError` of the runtime, for errors with details. */
export function defineRequestError(name: string, code: string, status: number): RequestErrorClass {
  const declared = class extends RequestError {
    constructor(message: string, details: RequestErrorDetails = {}) {
      super(message, code, status, details);
      this.name = name;
    }
  };
  Object.defineProperty(declared, 'name', { value: name });
  return declared;
}
