import type { Cluster, Redis } from 'ioredis';
import { REQUESTS } from './keys.js';
import { RowReader, type RequestRow } from './request-row.js';

export interface RequestFilter {
  readonly key?: string;
  readonly team?: string;
  readonly model?: string;
  readonly provider?: string;
  readonly surface?: string;
  readonly operation?: string;
  readonly outcome?: string;
  /** a status such as `429`, or a class such as `5xx` */
  readonly status?: string;
  /** a part of an id or a name, in whatever case */
  readonly text?: string;
}

export interface RequestQuery extends RequestFilter {
  /** epoch ms, of the end of requests */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly cursor?: string;
}

/** `id` is the place in the log, `endedAt` epoch ms. */
export interface LoggedRequest extends RequestRow {
  readonly id: string;
  readonly endedAt: number;
}

export const LOG_ID = /^[1-9]\d{0,14}-\d{1,10}$/;

const AT_ONCE = 1_000;
/** A page that few rows match ends after so many, and says where to go on. */
const SCANNED_A_PAGE = 20_000;
/** A request id is looked for in so many of the newest rows. */
const SCANNED_FOR_ID = 100_000;
const SEARCHED = [
  'requestId',
  'key',
  'keyName',
  'team',
  'requestedModel',
  'model',
  'provider',
  'rule',
] as const;
const COMPARED = ['key', 'team', 'model', 'provider', 'surface', 'operation', 'outcome'] as const;

/** The log of requests, newest first. A page reads a bounded part of it, however long it is and whatever is asked. */
export class RequestLog {
  constructor(private readonly redis: Redis | Cluster) {}

  async list(query: RequestQuery): Promise<{ items: LoggedRequest[]; nextCursor?: string }> {
    const matches = matcher(query);
    const items: LoggedRequest[] = [];
    for await (const [id, row, scanned] of this.newestFirst(query.cursor, query.from, query.to)) {
      if (matches(row)) items.push(logged(id, row));
      if (items.length > query.limit) {
        items.pop();
        return { items, nextCursor: items.at(-1)?.id ?? id };
      }
      if (scanned >= SCANNED_A_PAGE) return { items, nextCursor: id };
    }
    return { items };
  }

  /** By the place in the log, or by the request's id as `x-request-id` had it. */
  async get(id: string): Promise<LoggedRequest | undefined> {
    if (LOG_ID.test(id)) {
      const [entry] = await this.redis.xrangeBuffer(REQUESTS, id, id);
      const row = entry?.[1][1];
      return row && logged(id, new RowReader().read(row));
    }
    for await (const [place, row, scanned] of this.newestFirst(undefined, undefined, undefined)) {
      if (row.requestId === id) return logged(place, row);
      if (scanned >= SCANNED_FOR_ID) return undefined;
    }
    return undefined;
  }

  private async *newestFirst(
    cursor: string | undefined,
    from: number | undefined,
    to: number | undefined,
  ): AsyncGenerator<[id: string, row: RequestRow, scanned: number]> {
    const reader = new RowReader();
    let next = cursor === undefined ? (to === undefined ? '+' : `(${to}-0`) : `(${cursor}`;
    let scanned = 0;
    for (;;) {
      const entries = await this.redis.xrevrangeBuffer(REQUESTS, next, from ?? '-', 'COUNT', AT_ONCE);
      let last = '';
      for (const [place, [, row]] of entries) {
        last = place.toString();
        if (row !== undefined) yield [last, reader.read(row), ++scanned];
      }
      if (entries.length < AT_ONCE) return;
      next = `(${last}`;
    }
  }
}

function logged(id: string, row: RequestRow): LoggedRequest {
  return { id, endedAt: Number(id.slice(0, id.indexOf('-'))), ...row };
}

function matcher(filter: RequestFilter): (row: RequestRow) => boolean {
  const { status } = filter;
  const text = filter.text?.toLowerCase();
  const wanted = COMPARED.flatMap((name) =>
    filter[name] === undefined ? [] : [[name, filter[name]] as const],
  );
  return (row) =>
    wanted.every(([name, value]) => row[name] === value) &&
    (status === undefined || hasStatus(row.status, status)) &&
    (text === undefined || SEARCHED.some((name) => row[name].toLowerCase().includes(text)));
}

function hasStatus(status: number, wanted: string): boolean {
  return wanted.endsWith('xx') ? String(status)[0] === wanted[0] : String(status) === wanted;
}
