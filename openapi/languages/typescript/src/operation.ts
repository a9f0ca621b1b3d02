// What the documents say of an operation, and where the parameters of a call go.
import { isExact, isWellFormed, SigningError, written } from "./signing.js";

/** One operation, by its document; or another that you know of, which is taken for one that changes something. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly safeToRetry?: boolean;
  /** The signed parameters that the API wants of this operation. */
  readonly added?: readonly string[];
  /** The parameters in the query, each with what is between the items of its list. */
  readonly query?: Readonly<Record<string, string | null>>;
  /** What the other parameters make of the body. */
  readonly body?: "fields" | "none" | "whole";
  readonly fields?: readonly string[];
  /** The fields of its data that are the id of an order, those of any data of the API, and those that are so wherever they stand. */
  readonly ownOrderIds?: readonly string[];
  readonly orderIds?: readonly string[];
  readonly certainOrderIds?: readonly string[];
  /** Whether a success that names no order is none. */
  readonly mustNameOrder?: boolean;
}

export type Parameters = Readonly<Record<string, unknown>>;
export type Outgoing = { url: URL; body: string | undefined; fields: object; headers: Record<string, string> };

/** The parameters that the path names in it, those of the query and all others of a `GET` in the query, the rest in the body. */
export function place(operation: Operation, baseUrl: string, parameters: Parameters): Outgoing {
  if (!/^(\/[^/?#\\\s]+)+$/.test(operation.path) || !/^[a-z]+$/i.test(operation.method)) {
    throw new SigningError("the operation must have a method, and a path that begins with / and has no query");
  }
  const isGet = operation.method.toUpperCase() === "GET";
  const left = new Map(Object.entries(parameters).filter(([, value]) => value !== undefined));
  const path = operation.path.split("/").map((segment) => filled(segment, left)).join("/");
  const query: string[] = [];
  for (const [name, value] of [...left]) {
    const isNamed = Object.hasOwn(operation.query ?? {}, name);
    if (!isGet && !isNamed) continue;
    left.delete(name);
    for (const text of inQuery(name, value, (isNamed && operation.query?.[name]) || null)) query.push(`${encodeURIComponent(name)}=${encodeURIComponent(text)}`);
  }
  const url = new URL(baseUrl + path + (query.length > 0 ? `?${query.join("&")}` : ""));
  const fields = operation.body === "whole" ? ((left.get("body") ?? {}) as object) : Object.fromEntries(left);
  const kind = operation.body ?? "fields";
  const hasBody = kind === "whole" ? left.get("body") != null : !isGet && (left.size > 0 || kind === "fields");
  return { url, body: hasBody ? written(fields) : undefined, fields, headers: {} };
}

function filled(segment: string, left: Map<string, unknown>): string {
  if (!segment.startsWith("{")) return segment;
  const name = segment.slice(1, -1);
  const value = plain(left.get(name));
  left.delete(name);
  const decoded = value?.replace(/%2e/gi, ".").replace(/%20/g, " ").trim() ?? "";
  if (value === undefined || ["", ".", ".."].includes(decoded) || /[\u0000-\u001f\u007f]/.test(value)) {
    const what = "which is part of the path, must be a text or a number that was not rounded, not empty and no dots";
    throw new SigningError(`the parameter ${name}, ${what}`);
  }
  return encodeURIComponent(value);
}

function inQuery(name: string, value: unknown, separator: string | null): string[] {
  const isList = Array.isArray(value);
  const items: unknown[] = (isList ? value : [value]).filter((item) => item !== null);
  const texts = items.map((item) => {
    const text = plain(item);
    if (text === undefined || !isWellFormed(name)) {
      const what = "which is part of the query, must be a text, a number that was not rounded, or a list of them";
      throw new SigningError(`the parameter ${name}, ${what}`);
    }
    return text;
  });
  if (separator === null || !isList || texts.length === 0) return texts;
  if (texts.some((text) => text.includes(separator))) {
    throw new SigningError(`an item of the parameter ${name} has "${separator}" in it and would arrive as two`);
  }
  return [texts.join(separator)];
}

/** The text that stands in a URL. */
function plain(value: unknown): string | undefined {
  if (typeof value === "string") return isWellFormed(value) ? value : undefined;
  if (typeof value === "number") return isExact(value) ? String(value) : undefined;
  return typeof value === "bigint" || typeof value === "boolean" ? String(value) : undefined;
}
