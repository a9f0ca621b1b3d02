// What a call that failed says.
import type { Json } from "./json.js";

export type Kind =
  | "transport"
  | "timeout"
  | "refused"
  | "unreadable"
  | "rate_limited"
  | "unauthorised"
  | "not_found"
  | "redirect"
  | "server"
  | "invalid_request";

export interface Details {
  /** The code of a refused call. Apart from the one for success, Linksfield documents few. */
  code?: string | undefined;
  /** What the API said in words when it refused the call. */
  said?: string | undefined;
  /** The `data` of a refused call. */
  data?: Json | undefined;
  /** The HTTP status, if an answer came. A refused call usually has 200. */
  status?: number | undefined;
  headers?: Headers | undefined;
  /** The bytes of an answer that can't be read. */
  body?: Uint8Array | undefined;
  cause?: unknown;
}

const BRAND = Symbol.for("linksfield.error");

/**
 * A call that failed. `outcomeUnknown` says whether it may have taken effect all the same: an order may or may not have
 * been placed. Find out, for example with a query, before you call again; calling again could order twice.
 */
export class LinksfieldError extends Error {
  readonly [BRAND] = true;
  override readonly name = "LinksfieldError";
  readonly code: string | undefined;
  readonly said: string | undefined;
  readonly data: Json | undefined;
  readonly status: number | undefined;
  readonly headers: Headers | undefined;
  readonly body: Uint8Array | undefined;

  constructor(
    readonly kind: Kind,
    readonly operation: string,
    reason: string,
    readonly outcomeUnknown: boolean,
    { cause, ...details }: Details = {},
  ) {
    const next = outcomeUnknown ? ": it may or may not have taken effect, find out before you call again" : "";
    super(`${operation}: ${reason}${next}`, cause === undefined ? undefined : { cause });
    Object.assign(this, details);
  }
}

/** Whether this is an error of a call, also if another copy of this package made it, for which `instanceof` says no. */
export function isLinksfieldError(error: unknown): error is LinksfieldError {
  return typeof error === "object" && error !== null && (error as { [BRAND]?: unknown })[BRAND] === true;
}

/** What kind of failure an answer is that no envelope speaks in. */
export function kindOfStatus(status: number): Kind {
  if (status === 401 || status === 403) return "unauthorised";
  if (status === 404) return "not_found";
  if (status === 429) return "rate_limited";
  if (status >= 300 && status < 400 && status !== 304) return "redirect";
  return status >= 500 && status < 600 ? "server" : "unreadable";
}
