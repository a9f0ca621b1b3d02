// Sends a call once, and says what became of it. Nothing is ever sent again.
import { decode, hasAny, isServerFailure, namesAny, parse, Unreadable, type Said } from "./envelope.js";
import { kindOfStatus, LinksfieldError } from "./errors.js";
import type { Json } from "./json.js";
import type { Operation, Outgoing, Parameters } from "./operation.js";
import { SigningError } from "./signing.js";

export interface Settings {
  baseUrl: string;
  /** Longest time of a call in milliseconds; 30 000 if not set. */
  timeout?: number;
  /** `Accept-Language` of the calls. */
  language?: string;
  /** Calls a server elsewhere without TLS. */
  allowPlaintext?: boolean;
  /** What sends, if not the global `fetch`: whether it sent anything is then not known. */
  fetch?: typeof fetch;
}

/** An accepted answer. */
export interface Answer {
  data: Json;
  message: string | undefined;
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** What fails before a byte of the request has left. */
const UNSENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|DEPTH_ZERO\w+|SELF_SIGNED\w+|UNABLE_TO\w+|ERR_TLS_CERT\w+)$/;

export abstract class Client {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    const { protocol, hostname, search, hash } = new URL(settings.baseUrl);
    if (!/^https?:$/.test(protocol) || search || hash) throw new TypeError("baseUrl must be the URL of a server, without a query");
    if (protocol === "http:" && !["127.0.0.1", "localhost", "[::1]"].includes(hostname) && !settings.allowPlaintext) {
      throw new TypeError("baseUrl must be https: a server elsewhere is called in plaintext only with allowPlaintext");
    }
    this.#settings = { ...settings, baseUrl: settings.baseUrl.replace(/\/+$/, "") };
  }

  /** The fields that are text wherever they stand. */
  protected get texts(): ReadonlySet<string> {
    return new Set();
  }

  /** The other names that fields have in some answers. */
  protected get alsoNamed(): Readonly<Record<string, string>> {
    return {};
  }

  protected abstract sign(operation: Operation, baseUrl: string, parameters: Parameters): Outgoing;
  protected abstract read(operation: Operation, status: number, answer: Json): Said;

  protected isServerFailure(code: string): boolean {
    return isServerFailure(code);
  }

  /** Calls an operation with its own parameters as they go on the wire, and returns the whole answer. */
  async call(operation: Operation, parameters: Parameters): Promise<Answer> {
    let outgoing: Outgoing;
    try {
      outgoing = this.sign(operation, this.#settings.baseUrl, parameters);
    } catch (cause) {
      if (!(cause instanceof SigningError)) throw cause;
      throw new LinksfieldError("invalid_request", operation.id, `${cause.message}; nothing was sent`, false, { cause });
    }
    const [response, body] = await this.#send(operation, outgoing);
    return this.#judge(operation, response, body);
  }

  /** What an operation returns; an object without fields, or a list without items, where the API sends nothing. */
  protected async ask<T>(operation: Operation, request: object, shape: "one" | "list" | "any"): Promise<T> {
    const { data } = await this.call(operation, request as Parameters);
    if (shape === "any") return data as T;
    const isEmpty = data == null || data === "" || (typeof data === "object" && Object.keys(data).length === 0);
    const found = isEmpty ? (shape === "list" ? [] : {}) : data;
    if (typeof found === "object" && Array.isArray(found) === (shape === "list")) return renamed(found, this.alsoNamed) as T;
    const reason = "accepted, but its data is not of the documented shape: use `call`, which returns it as it is";
    throw new LinksfieldError("unreadable", operation.id, reason, !operation.safeToRetry);
  }

  async #send(operation: Operation, { url, body, headers }: Outgoing): Promise<[Response, Uint8Array]> {
    const { fetch: given, timeout = 30_000, language } = this.#settings;
    const all = { accept: "application/json", "content-type": "application/json", ...headers };
    try {
      const response = await (given ?? fetch)(url, {
        method: operation.method,
        headers: language ? { ...all, "accept-language": language } : all,
        redirect: "manual",
        signal: AbortSignal.timeout(timeout),
        ...(body === undefined ? {} : { body }),
      });
      return [response, new Uint8Array(await response.arrayBuffer())];
    } catch (cause) {
      const isTimeout = cause instanceof Error && cause.name === "TimeoutError";
      const unsent = !given && !isTimeout && UNSENT.test(codeOf(cause));
      const reason = isTimeout ? "no answer in time" : unsent ? "no connection; nothing was sent" : "the connection broke";
      throw new LinksfieldError(isTimeout ? "timeout" : "transport", operation.id, reason, !unsent && !operation.safeToRetry, {
        cause,
      });
    }
  }

  #judge(operation: Operation, { status, headers }: Response, body: Uint8Array): Answer {
    const unsafe = !operation.safeToRetry;
    let said: Said;
    let whole: Json;
    try {
      whole = parse(decode(body), this.texts);
      said = this.read(operation, status, whole);
      if (said.accepted) {
        // Some put the fields beside the envelope instead of into it.
        const data = said.data === null && hasAny(whole, operation.fields ?? []) ? whole : said.data;
        if (operation.placesOrders && !namesAny(data, operation.ownOrderIds ?? [])) {
          throw new Unreadable("it says success, but names no order");
        }
        return { data, message: said.message, status, headers, body };
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const reason = `unreadable answer (HTTP ${status}): ${error.message}`;
      throw new LinksfieldError(kindOfStatus(status), operation.id, reason, unsafe, { status, headers, body });
    }
    const done = this.isServerFailure(said.code) || namesAny(whole, operation.orderIds ?? []) || status >= 500;
    const reason = `refused with code ${said.code} (HTTP ${status}): ${said.message}`;
    const details = { code: said.code, said: said.message, data: said.data, status, headers };
    throw new LinksfieldError("refused", operation.id, reason, unsafe && done, details);
  }
}

function codeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } } | null)?.cause;
  return String(cause?.code ?? "");
}

/** Data whose fields have the names of the types. */
function renamed(data: Json, names: Readonly<Record<string, string>>): Json {
  if (Array.isArray(data)) return data.map((item) => renamed(item, names));
  if (typeof data !== "object" || data === null) return data;
  const known = (name: string) => (names[name] !== undefined && !(names[name] in data) ? names[name] : name);
  return Object.fromEntries(Object.entries(data).map(([name, field]) => [known(name), renamed(field, names)]));
}
