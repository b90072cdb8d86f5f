/*
 * Events as bytes: to put numbers into text, and to keep strings until they are sent, cost a request more than all else
 * of its accounting (docs/benchmarks.md). Each begins with its type (one byte), its length (three) and the number of what
 * it is about (four). Numbers are little-endian, those that may be large are doubles, and one that is not known is NaN.
 */
export const LENGTH = 1;
export const NUMBER = 4;
export const HEAD_BYTES = 8;

/** Epoch ms: of an attempt its end, of a request its start. */
export const WHEN = 8;
/** Of a request ms; of an attempt the number that names it while it runs. */
export const SPAN = 16;
export const FIRST_TOKEN = 24;
export const INPUT = 32;
export const OUTPUT = 40;
export const CACHE_READ = 48;
export const CACHE_CREATION = 56;
export const REASONING = 64;
export const COST = 72;
export const STATUS = 80;
export const ATTEMPTS = 82;
export const FLAGS = 84;
export const ID_LENGTH = 85;
export const OUTCOME_LENGTH = 86;
/** id and outcome */
export const TEXTS = 87;

export const STREAM = 1;
export const ESTIMATED = 2;
export const ERROR = 4;

/** What a record is of; others may follow. Never 91, a bracket: rows of the request log began with one when they were JSON. */
export const ATTEMPT = 1;
export const REQUEST = 2;
