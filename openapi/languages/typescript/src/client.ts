// Sends a call once, and says what became of it. Nothing is ever sent again.
import { decode, hasAny, isServerFailure, mayNameAny, namesAny, parse, Unreadable, type Said } from "./envelope.js";
import { kindOfStatus, LinksfieldError } from "./errors.js";
import type { Json } from "./json.js";
import type { Operation, Outgoing, Parameters } from "./operation.js";
import { NoAnswer, send, type Received } from "./send.js";
import { checked, type Checked, type Settings } from "./settings.js";
import { SigningError } from "./signing.js";

/** An accepted answer. */
export interface Answer {
  data: Json;
  message: string | undefined;
  status: number;
  headers: Headers;
  body: Uint8Array;
}

export abstract class Client {
  readonly #settings: Checked;

  constructor(settings: Settings) {
    this.#settings = checked(settings);
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
      const why = cause instanceof SigningError ? cause.message : "the parameters can't be written as JSON";
      throw new LinksfieldError("invalid_request", operation.id, `${why}; nothing was sent`, false, { cause });
    }
    return this.#judge(operation, await this.#send(operation, outgoing));
  }

  /** What an operation returns; an object without fields, or a list without items, where the API sends nothing. */
  protected async ask<T>(operation: Operation, request: object, shape: "one" | "list" | "any"): Promise<T> {
    const { data } = await this.call(operation, request as Parameters);
    if (shape === "any") return data as T;
    const found = isNone(data) ? (shape === "list" ? [] : {}) : data;
    if (typeof found === "object" && Array.isArray(found) === (shape === "list")) return renamed(found, this.alsoNamed) as T;
    const reason = "accepted, but its data is not of the documented shape: use `call`, which returns it as it is";
    throw new LinksfieldError("unreadable", operation.id, reason, !operation.safeToRetry);
  }

  async #send(operation: Operation, { url, body, headers: own }: Outgoing): Promise<Received> {
    const { timeout, language, agent } = this.#settings;
    const all = { accept: "application/json", "accept-encoding": "identity", "content-type": "application/json", ...own };
    const headers = language ? { ...all, "accept-language": language } : all;
    try {
      return await send({ method: operation.method, url, headers, body, timeout, agent });
    } catch (error) {
      if (!(error instanceof NoAnswer)) {
        const reason = "Node.js can't send this request; nothing was sent";
        throw new LinksfieldError("invalid_request", operation.id, reason, false, { cause: error });
      }
      const { sent, isTimeout, cause } = error;
      const reason = isTimeout ? "no answer in time" : sent ? "the connection broke" : "no connection; nothing was sent";
      throw new LinksfieldError(isTimeout ? "timeout" : "transport", operation.id, reason, sent && !operation.safeToRetry, { cause });
    }
  }

  #judge(operation: Operation, { status, headers, body }: Received): Answer {
    const unsafe = !operation.safeToRetry;
    let said: Said;
    let whole: Json;
    let data: Json;
    try {
      whole = parse(decode(body, headers.get("content-type") ?? ""), this.texts);
      said = this.read(operation, status, whole);
      // Some put the fields beside the envelope instead of into it.
      data = isNone(said.data) && hasAny(whole, operation.fields ?? []) ? whole : said.data;
      if (said.accepted) {
        if (operation.mustNameOrder && !namesItsOrder(data, operation)) {
          throw new Unreadable(`it says success, but names no ${operation.ownOrderIds?.join(" or ")}`);
        }
        return { data, message: said.message, status, headers, body };
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const reason = `unreadable answer (HTTP ${status}): ${error.message}`;
      throw new LinksfieldError(kindOfStatus(status), operation.id, reason, unsafe, { status, headers, body });
    }
    const named = mayNameAny(data, operation.orderIds ?? []) || namesAny(whole, operation.certainOrderIds ?? []);
    const done = named || this.isServerFailure(said.code) || status >= 500;
    const reason = `refused with code ${said.code} (HTTP ${status})${said.message && `: ${said.message}`}`;
    const details = { code: said.code, said: said.message, data: said.data, status, headers };
    throw new LinksfieldError("refused", operation.id, reason, unsafe && done, details);
  }
}

/** Whether data says that there is none. */
function isNone(data: Json): boolean {
  return data == null || data === "" || (typeof data === "object" && Object.keys(data).length === 0);
}

/** Whether accepted data has the id of its order. Of a batch each line is an answer, also one without an order. */
function namesItsOrder(data: Json, { ownOrderIds: own = [], fields = [] }: Operation): boolean {
  const isBatch = !own.some((id) => fields.includes(id));
  return isBatch ? hasAny(data, fields) && mayNameAny(data, own) : hasAny(data, own);
}

/** Data whose fields have the names of the types. */
function renamed(data: Json, names: Readonly<Record<string, string>>): Json {
  if (Array.isArray(data)) return data.map((item) => renamed(item, names));
  if (typeof data !== "object" || data === null) return data;
  const known = (name: string) => {
    const typed = Object.hasOwn(names, name) ? names[name] : undefined;
    return typed !== undefined && !Object.hasOwn(data, typed) ? typed : name;
  };
  return Object.fromEntries(Object.entries(data).map(([name, field]) => [known(name), renamed(field, names)]));
}
