import type { Request } from 'express';
import type { Principal } from '../admin/admin-tokens.js';

/** What middleware and guard add to Express's request. */
export interface AuthRequest extends Request {
  /** the caller's `x-request-id` where well-formed, else a new one */
  id: string;
  /** absent while traces are off */
  traceId?: string;
  /** who calls, once the guard knows them; absent on public routes */
  principal?: Principal;
}
