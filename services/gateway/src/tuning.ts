/** Times and sizes that are the contract's, not an operator's to set; tests shorten them. Milliseconds and bytes. */
export interface GatewayTuning {
  readonly maxBodyBytes: number;
  /** from the head of a request to the end of its body */
  readonly bodyDeadlineMs: number;
  /** what may still arrive of a body that was refused, before the connection is cut */
  readonly drainBytes: number;
  readonly drainMs: number;
  /** silence of a stream after which a ping is sent */
  readonly pingAfterMs: number;
  /** wait for a token newer than the one that was refused */
  readonly newerTokenMs: number;
  /** between two forced refreshes of one credential */
  readonly forcedRefreshMs: number;
  /** how often credentials' generations are read again, should a message have been lost */
  readonly credentialRereadMs: number;
  /** how often it is asked whether client keys and teams have changed: a lost message is healed within two such times */
  readonly clientKeyCheckMs: number;
  /** how often the times of last use are written */
  readonly lastUsedMs: number;
  /** access tokens, and stored keys, in memory */
  readonly credentialsHeld: number;
  /** what "per minute" means for limits */
  readonly limitWindowMs: number;
  /** between two signs of life of a replica; without one for its life it was killed, and what it held is given back */
  readonly heartbeatMs: number;
  readonly replicaLifeMs: number;
  /** wait for Redis on a limit; after it this replica keeps its share of limits by itself */
  readonly limitsWaitMs: number;
  /** wait for Redis when a client key is not in memory */
  readonly clientKeyWaitMs: number;
  /** how long a key that nobody knows is remembered as such */
  readonly unknownKeyMs: number;
  /** the first rest of a failing target; each failure in a row doubles it up to the longest */
  readonly coolDownMs: number;
  readonly longestCoolDownMs: number;
  /** the longest rest that an upstream's `retry-after` can ask for */
  readonly longestRetryAfterMs: number;
  /** how often the other replicas' cool-downs are read again, should a message have been lost */
  readonly coolDownRereadMs: number;
  /** after this long no further target is tried */
  readonly failoverMs: number;
  /** mean delay of the event loop above which requests are shed */
  readonly maxLoopDelayMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_TUNING: GatewayTuning = {
  maxBodyBytes: 32 * MIB,
  bodyDeadlineMs: 60_000,
  drainBytes: 64 * MIB,
  drainMs: 10_000,
  pingAfterMs: 15_000,
  newerTokenMs: 10_000,
  forcedRefreshMs: 60_000,
  credentialRereadMs: 2_000,
  clientKeyCheckMs: 400,
  lastUsedMs: 10_000,
  credentialsHeld: 10_000,
  limitWindowMs: 60_000,
  heartbeatMs: 1_000,
  replicaLifeMs: 5_000,
  limitsWaitMs: 1_000,
  clientKeyWaitMs: 2_000,
  unknownKeyMs: 2_000,
  coolDownMs: 1_000,
  longestCoolDownMs: 60_000,
  longestRetryAfterMs: 3_600_000,
  coolDownRereadMs: 5_000,
  failoverMs: 600_000,
  maxLoopDelayMs: 1_000,
};
