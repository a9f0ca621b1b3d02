// Sends a request once. `fetch` sends some again: those that are answered by HTTP 421.
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";

export interface Request {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | undefined;
  timeout: number;
  agent: http.Agent | undefined;
}

export interface Received {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** No answer came: `sent` is whether a byte of the request may have left, `isTimeout` whether the time was up. */
export class NoAnswer extends Error {
  constructor(
    readonly sent: boolean,
    readonly isTimeout: boolean,
    cause: unknown,
  ) {
    super("no answer", { cause });
  }
}

export function send({ method, url, headers, body, timeout, agent }: Request): Promise<Received> {
  const { request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    let sent = false;
    let isTimeout = false;
    const fail = (cause: unknown) => {
      clearTimeout(timer);
      reject(new NoAnswer(sent, isTimeout, cause));
    };
    const outgoing = request(url, { method, headers, ...(agent && { agent }) });
    const timer = setTimeout(() => {
      isTimeout = true;
      outgoing.destroy(new Error("the time was up"));
    }, timeout);
    // Nothing leaves before the connection stands, with TLS if it has to.
    outgoing.on("socket", (socket: Socket) => {
      const stand = url.protocol === "https:" ? "secureConnect" : "connect";
      if (socket.connecting) socket.once(stand, () => (sent = true));
      else sent = true;
    });
    outgoing.on("error", fail);
    outgoing.on("response", (incoming) => {
      const parts: Uint8Array[] = [];
      incoming.on("error", fail);
      incoming.on("data", (part: Uint8Array) => parts.push(part));
      incoming.on("end", () => {
        clearTimeout(timer);
        resolve({ status: incoming.statusCode ?? 0, headers: told(incoming.rawHeaders), body: new Uint8Array(Buffer.concat(parts)) });
      });
    });
    outgoing.end(body);
  });
}

function told(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    try {
      headers.append(raw[at]!, raw[at + 1]!);
    } catch {
      // one that no header of HTTP may be
    }
  }
  return headers;
}
