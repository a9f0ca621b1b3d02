// What an answer says: its envelope, whether it is believed, and whether it names an order. Pure.
import { JsonError, readJson, repaired, type Json } from "./json.js";

export type Fields = { [name: string]: Json };
export type Accepted = { accepted: true; data: Json; message: string | undefined };
export type Refused = { accepted: false; code: string; message: string; data: Json };
export type Said = Accepted | Refused;

/** An answer that does not say whether the call succeeded, in words that do not quote it. */
export class Unreadable extends Error {}

/** Beyond this depth anything may be named. */
const DEPTH = 64;

/** UTF-8, with or without its mark; else by the charset that the type names, or as GB18030 if it can be that. */
export function decode(body: Uint8Array, contentType = ""): string {
  const bytes = trimmed(body);
  const named = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? "";
  for (const [encoding, fatal] of [["utf-8", true], [named, false], ["gb18030", true]] as const) {
    try {
      const decoder = new TextDecoder(encoding, { fatal });
      if (fatal || decoder.encoding !== "utf-8") return decoder.decode(bytes);
    } catch {
      // the next one
    }
  }
  return new TextDecoder().decode(bytes);
}

/** Without NUL bytes and white space behind it. */
function trimmed(body: Uint8Array): Uint8Array {
  let end = body.length;
  while (end > 0 && [0, 9, 10, 12, 13, 32].includes(body[end - 1]!)) end -= 1;
  return body.subarray(0, end);
}

export function parse(text: string, texts?: ReadonlySet<string>): Json {
  try {
    return readJson(repaired(text), texts);
  } catch (error) {
    throw error instanceof JsonError ? new Unreadable(error.message) : error;
  }
}

export function isObject(value: Json | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asObject(value: Json | undefined): Fields {
  if (isObject(value)) return value;
  throw new Unreadable("expected a JSON object");
}

/** What an envelope with a `code` says; nothing if it has none. It is believed only if nothing contradicts it. */
export function judge(envelope: Fields, data: Json, successCode: string): Said | undefined {
  const code = scalar(envelope.code);
  if (!code) return undefined;
  const success = truth(envelope.success);
  if (code === successCode) {
    if (success === false) throw new Unreadable("it contradicts itself: its code says success, but `success` is false");
    return { accepted: true, data, message: inWords(envelope.message) };
  }
  if (success === true) {
    throw new Unreadable("it contradicts itself: `success` is true, but its code is not that of success");
  }
  if (meansSuccess(code, successCode)) {
    throw new Unreadable("it contradicts itself: its code means success, but not as it is documented");
  }
  return { accepted: false, code, message: inWords(envelope.message) ?? "", data };
}

function meansSuccess(code: string, successCode: string): boolean {
  const word = code.trim().toLowerCase();
  return ["true", "success", "ok", "200", successCode.toLowerCase()].includes(word) || number(word) === 0;
}

/** Whether a code says what HTTP 5xx says: the server failed, and may have done it all the same. */
export function isServerFailure(code: string): boolean {
  const value = number(code);
  return value !== undefined && value >= 500 && value < 600;
}

export function number(text: string): number | undefined {
  return text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
}

/** The text of a scalar. */
export function scalar(value: Json | undefined): string | undefined {
  return value == null || typeof value === "object" ? undefined : String(value);
}

/** A truth value in any of its spellings. */
export function truth(value: Json | undefined): boolean | undefined {
  const word = scalar(value)?.trim().toLowerCase() ?? "";
  if (["true", "1", "1.0", "yes", "y"].includes(word)) return true;
  return ["false", "0", "0.0", "no", "n"].includes(word) ? false : undefined;
}

export function inWords(message: Json | undefined): string | undefined {
  return message == null ? undefined : (scalar(message) ?? JSON.stringify(message));
}

/** Whether a value is more than a spelling of "none". */
function saysSomething(value: Json): boolean {
  if (value === null || value === false) return false;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return typeof value !== "string" || !["", "null"].includes(value.trim());
}

export function hasAny(value: Json, names: readonly string[]): boolean {
  return isObject(value) && Object.entries(value).some(([name, field]) => names.includes(name) && saysSomething(field));
}

/** Whether one of these fields has a value at any depth, or may: so may a text that begins as JSON, is none, and has such a word. */
export function namesAny(value: Json, names: readonly string[]): boolean {
  return isNamed(value, names, DEPTH, false);
}

/** The same, where also an object in a list may stand for what was done. */
export function mayNameAny(value: Json, names: readonly string[]): boolean {
  return isNamed(value, names, DEPTH, true);
}

function isNamed(value: Json, names: readonly string[], depth: number, orLists: boolean): boolean {
  const isInside = (inner: Json) => isNamed(inner, names, depth - 1, orLists);
  if (names.length === 0) return false;
  if (depth === 0) return typeof value === "object" && value !== null;
  if (Array.isArray(value)) return value.some((item) => (orLists && isObject(item)) || isInside(item));
  if (isObject(value)) {
    return Object.entries(value).some(([name, field]) => (names.includes(name) && saysSomething(field)) || isInside(field));
  }
  if (typeof value !== "string" || !/^\s*[{[]/.test(value)) return false;
  try {
    return isInside(readJson(repaired(value)));
  } catch {
    // `[order_id] must not be empty` is a message.
    const isData = orLists || /[{"]/.test(value);
    return isData && names.some((name) => value.includes(name));
  }
}
