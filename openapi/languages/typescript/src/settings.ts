// What a client is made of, checked before anything is sent. What is wrong with a credential is said without quoting it.
import type { Agent } from "node:http";

export interface Settings {
  baseUrl: string;
  /** Longest time of a call in milliseconds; 30 000 if not set. */
  timeout?: number;
  /** `Accept-Language` of the calls. */
  language?: string;
  /** Calls a server elsewhere without TLS. */
  allowPlaintext?: boolean;
  /** What connects, if not the global agent of `node:https`: for example one that goes through a proxy. */
  agent?: Agent;
}

export type Checked = Required<Pick<Settings, "baseUrl" | "timeout">> & Pick<Settings, "language" | "agent">;

/** A day, in milliseconds. */
const LONGEST = 86_400_000;

export function checked({ baseUrl, timeout = 30_000, language, allowPlaintext, agent }: Settings): Checked {
  if (!URL.canParse(baseUrl)) throw new TypeError("baseUrl is not the URL of a server");
  const { protocol, hostname, username, password } = new URL(baseUrl);
  if (username || password) {
    throw new TypeError("baseUrl has a user or a password in it, which this API does not have: remove it");
  }
  // By its text: a URL does not tell a query that is empty.
  if (!/^https?:$/.test(protocol) || /[?#]/.test(baseUrl)) throw new TypeError("baseUrl must be the URL of a server, without a query");
  if (protocol === "http:" && !["127.0.0.1", "localhost", "[::1]"].includes(hostname) && !allowPlaintext) {
    throw new TypeError("baseUrl must be https: a server elsewhere is called in plaintext only with allowPlaintext");
  }
  // One that is computed depends on who asks: agents for proxies tell it to Node alone.
  const spoken: unknown = agent && Object.getOwnPropertyDescriptor(agent, "protocol")?.value;
  if (typeof spoken === "string" && spoken !== protocol) throw new TypeError(`agent is one for ${spoken}, and baseUrl begins with ${protocol}`);
  if (!(timeout > 0 && timeout <= LONGEST)) {
    throw new TypeError("timeout must be a number of milliseconds, above 0 and at most a day");
  }
  return {
    baseUrl: baseUrl.trim().replace(/\/+$/, ""),
    timeout,
    ...(language && { language: inHeader("language", language) }),
    ...(agent && { agent }),
  };
}

/** A credential as Linksfield gave it: white space around it, as files have it, is no part of it. */
export function credential(name: string, value: string): string {
  const given = value.trim();
  if (given === "") throw new TypeError(`${name} is empty: set it to what Linksfield gave you`);
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(given)) {
    throw new TypeError(`${name} has a line break, or another character in it that does not show: remove it`);
  }
  return given;
}

export function inHeader(name: string, value: string): string {
  const given = credential(name, value);
  if (!/^[ -~]+$/.test(given)) throw new TypeError(`${name} can't stand in a header: it has characters outside ASCII`);
  return given;
}
