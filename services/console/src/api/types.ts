/** The views of the REST API that the console reads; the API description at /openapi.json is their source. */

export type Role = 'viewer' | 'operator' | 'admin';

export interface Page<T> {
  items: T[];
  nextCursor?: string;
}

export interface Session {
  name: string;
  role: Role;
  via: 'token' | 'sso';
  csrfToken: string;
  expiresAt: string;
}

export interface ListedSession extends Omit<Session, 'csrfToken'> {
  id: string;
  createdAt: string;
  lastSeenAt: string;
  address: string;
  userAgent: string;
  current?: boolean;
}

export type CredentialStatus =
  | 'active'
  | 'refreshing'
  | 'refresh_failing'
  | 'expired'
  | 'reauthorization_required'
  | 'blocked_by_provider';

export interface Token {
  credential: string;
  provider: string;
  status: CredentialStatus;
  generation: number;
  scopes: string[];
  account?: string;
  obtainedAt: string;
  expiresAt: string;
  refreshAt: string;
  lastRefreshAt?: string;
  refreshExpiresAt?: string;
  connectedAt?: string;
  /** what became of the steps after connecting */
  notes?: Record<string, string>;
  lastError?: { code: string; message: string; at: string };
}

export interface RefreshRecord {
  at: string;
  outcome: string;
  generation: number;
  durationMs: number;
}

export interface OAuthProvider {
  name: string;
  preset?: string;
  grant: string;
  issuer?: string;
  scopes: string[];
  termsNotice?: string;
}

export interface Authorization {
  provider: string;
  credential: string;
  state: string;
  url: string;
  completion: 'callback' | 'paste' | 'device';
  expiresAt: string;
  instructions: string;
  userCode?: string;
  verificationUrl?: string;
}

export interface Progress {
  status: 'pending' | 'connected' | 'denied' | 'expired' | 'failed';
  error?: string;
}

export interface StoredKey {
  credential: string;
  generation: number;
  fingerprint?: string;
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  updatedBy: string;
}

export interface Invitation {
  id: string;
  provider: string;
  credential: string;
  invitedBy: string;
  status: string;
  createdAt: string;
  expiresAt: string;
  usedAt?: string;
  url?: string;
}

export interface Provider {
  name: string;
  preset?: string;
  protocol: string;
  baseUrl: string;
  auth: { type: string; credential?: string };
  enabled: boolean;
  models: string[];
  health: string;
  coolDowns: { model: string; credential?: string; until: string; failures: number }[];
}

export interface ProviderTest {
  ok: boolean;
  says: string;
  model?: string;
  latencyMs?: number;
  status?: number;
  error?: string;
}

export interface RouteExplanation {
  rule?: string;
  model?: string;
  why?: string;
  targets?: {
    provider: string;
    model: string;
    priority: number;
    weight: number;
    state: string;
    why?: string;
  }[];
  refusal?: { status: number; code: string; message: string };
}

export interface ConfigState {
  revision: number;
  by?: string;
  at?: string;
  source?: string;
  comment?: string;
  text: string;
  file?: { state: string; mistakes?: Mistake[] };
  replicas: Replica[];
}

export interface Mistake {
  path: string;
  message: string;
}

export interface Replica {
  id: string;
  service: string;
  host: string;
  revision: number;
  problem?: { revision: number; mistakes: Mistake[] };
  seenAt: string;
}

export interface Validation {
  valid: boolean;
  mistakes: Mistake[];
  diff?: string;
}

export interface RevisionHead {
  revision: number;
  by: string;
  at: string;
  source: string;
  comment?: string;
}

export interface Revision extends RevisionHead {
  text: string;
  diff?: string;
  against?: number;
}

export interface Limits {
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  concurrentRequests?: number;
}

export interface Budget {
  usd: number;
  period: 'day' | 'week' | 'month';
  warnAtPercent?: number;
  spentUsd?: number;
  remainingUsd?: number;
  resetsAt?: string;
}

export interface ClientKey {
  id: string;
  name: string;
  team?: string;
  owner?: string;
  source?: string;
  labels?: Record<string, string>;
  models?: string[];
  providers?: string[];
  mayPin: boolean;
  disabled?: boolean;
  limits?: Limits;
  budget?: Budget;
  createdAt: string;
  expiresAt?: string;
  rotatedAt?: string;
  lastUsedAt?: string;
  /** only in the answer that made it */
  key?: string;
}

export interface Team {
  name: string;
  source?: string;
  models?: string[];
  providers?: string[];
  limits?: Limits;
  budget?: Budget;
}

export interface UsageCounts {
  requests: number;
  errors: number;
  attempts: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  reasoningTokens: number;
  costUsd: number;
  unpricedAttempts: number;
  estimatedAttempts: number;
}

export interface UsageItem extends UsageCounts {
  key?: string;
  keyName?: string;
  team?: string;
  model?: string;
  provider?: string;
  day?: string;
}

export interface Usage {
  from: string;
  to: string;
  timeZone: string;
  items: UsageItem[];
  totals: UsageCounts & { estimatedShare: number };
  priceList?: { name: string; version: string; date: string };
}

export interface OverviewPoint {
  at: string;
  requests: number;
  errors: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  costUsd: number;
  p50Ms?: number;
  p95Ms?: number;
  p99Ms?: number;
}

export interface Overview {
  from: string;
  to: string;
  stepSeconds: number;
  totals: OverviewPoint;
  series: OverviewPoint[];
}

export interface LoggedRequest {
  id: string;
  requestId: string;
  startedAt: string;
  endedAt: string;
  key?: string;
  keyName?: string;
  team?: string;
  surface: string;
  operation: string;
  requestedModel?: string;
  model?: string;
  provider?: string;
  rule?: string;
  status: number;
  outcome: string;
  stream: boolean;
  attempts: number;
  durationMs: number;
  firstTokenMs: number | null;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheCreationTokens: number;
  reasoningTokens: number;
  costUsd: number | null;
  estimated: boolean;
}

export interface AuditEntry {
  id: string;
  seq?: number;
  at: string;
  actor: string;
  action: string;
  subject: string;
  outcome: 'success' | 'failure';
  from?: string;
  details?: Record<string, unknown>;
}

export interface ChainState {
  ok: boolean;
  entries: number;
  seq: number;
  problem?: { seq: number; id: string; what: string };
}

export interface VaultKeys {
  access: { keys: RingKey[] };
  refresh: { keys: RingKey[] };
}

export interface RingKey {
  kid: string;
  seals: boolean;
  held: boolean;
  envelopes: number;
  since?: string;
}

export interface Person {
  name: string;
  role: Role;
  via: 'token' | 'sso';
  lastSignInAt?: string;
  sessions: number;
}

export interface Rewrap {
  id?: string;
  status: string;
  requestedAt?: string;
  finishedAt?: string;
  total?: number;
  seen?: number;
}

export interface Webhook {
  name: string;
  origin: string;
  format: string;
  events: string[];
  waiting: number;
  dead: { id: string; event: string; at: string; reason: string }[];
}
