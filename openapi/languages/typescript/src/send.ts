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

/** What Node refuses to send, such as by an agent of another protocol, is thrown as it is: nothing of it has left. */
export function send({ method, url, headers: given, body, timeout, agent }: Request): Promise<Received> {
  const { request } = url.protocol === "https:" ? https : http;
  // Of some methods Node frames no body by itself.
  const headers = body === undefined ? given : { ...given, "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    let sent = false;
    let isTimeout = false;
    let isAnswered = false;
    const fail = (cause: unknown) => {
      clearTimeout(timer);
      reject(new NoAnswer(sent, isTimeout, cause));
    };
    const outgoing = request(url, { method, headers, ...(agent && { agent }) });
    const timer = setTimeout(() => {
      isTimeout = true;
      fail(new Error("the time was up"));
      outgoing.destroy();
    }, timeout);
    const answered = ({ statusCode = 0, rawHeaders }: http.IncomingMessage, parts: Uint8Array[]) => {
      clearTimeout(timer);
      resolve({ status: statusCode, headers: told(rawHeaders), body: new Uint8Array(Buffer.concat(parts)) });
    };
    // Nothing leaves before the connection stands, with TLS if it has to.
    outgoing.on("socket", (socket: Socket) => {
      const stand = url.protocol === "https:" ? "secureConnect" : "connect";
      if (socket.connecting) socket.once(stand, () => (sent = true));
      else sent = true;
    });
    outgoing.on("error", fail);
    outgoing.on("response", (incoming) => {
      isAnswered = true;
      const parts: Uint8Array[] = [];
      incoming.on("error", fail);
      incoming.on("data", (part: Uint8Array) => parts.push(part));
      incoming.on("end", () => answered(incoming, parts));
      incoming.on("close", () => fail(new Error("the answer was cut off")));
    });
    // A server that changes the protocol, which nobody asked for, answers nothing else.
    outgoing.on("upgrade", (incoming, socket) => {
      answered(incoming, []);
      socket.destroy();
    });
    outgoing.on("close", () => isAnswered || fail(new Error("the connection was closed")));
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
