// What becomes of a call is what the table says that the Rust crate is held against as well; and no digit is lost.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { createServer, type AddressInfo, type Socket } from "node:net";
import test from "node:test";
import { inspect } from "node:util";
import { isLinksfieldError, readJson } from "linksfield";
import * as csss from "linksfield/csss";
import * as cube from "linksfield/cube";
import * as esimQr from "linksfield/esim-qr";
import * as mall from "linksfield/mall";
import * as topup from "linksfield/topup";

const openapi = process.env.LINKSFIELD_OPENAPI;
const privateKey: string = JSON.parse(readFileSync(`${openapi}/cube-signing-vectors.json`, "utf8")).private_key;
const secret = "a secret that nobody may see";

/** What a server says that knows no TLS: a fatal alert. */
const ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

/** Calls with a server that answers each request with the same bytes, or never; with none, it closes the connection. */
async function answered<T>(answer: string | Buffer, call: (baseUrl: string) => Promise<T>, { silent = false, open = false, took = (_: string[]) => {} } = {}) {
  const requests: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const number = requests.push("") - 1;
    let request = "";
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      request += chunk;
      requests[number] = request;
      const [head = "", body] = request.split("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (answer === ALERT || (body !== undefined && Buffer.byteLength(body) >= length && !silent)) {
        if (open) socket.write(answer);
        else socket.end(answer);
      }
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    return await call(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
    took(requests);
  }
}

function response(status: number, body: string | Buffer, type = "application/json", length = Buffer.byteLength(body), encoding = ""): Buffer {
  const more = encoding && `content-encoding: ${encoding}\r\n`;
  const head = `HTTP/1.1 ${status} x\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n${more}connection: close\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

function clientOf(api: string, settings: { baseUrl: string; timeout?: number }) {
  const operations = { csss, cube, mall, topup, "esim-qr": esimQr }[api]?.OPERATIONS as Record<string, any>;
  const client = {
    csss: () => new csss.Client({ accessCode: "P000270", secret, ...settings }),
    cube: () => new cube.Client({ keyId: "id", privateKey, ...settings }),
    mall: () => new mall.Client({ partnerCode: "P000270", ...settings }),
    topup: () => new topup.Client({ partnerCode: "P000270", ...settings }),
    "esim-qr": () => new esimQr.Client({ accessToken: "a-token-that-nobody-may-see", ...settings }),
  }[api]!();
  return (operation: string, parameters: object) => client.call(operations[operation], parameters as Record<string, unknown>);
}

/** Fails unless a request says how long its body is, and has one of JSON that is as long. */
function assertWhole(request: string) {
  const [head = "", body = ""] = request.split("\r\n\r\n");
  assert.equal(/content-length: (\d+)/i.exec(head)?.[1], String(Buffer.byteLength(body)), head);
  assert.equal(typeof JSON.parse(body), "object");
}

/** All that an error and its causes say and hold. */
function told(error: unknown): string {
  const own = inspect(error, { depth: 9, showHidden: true });
  return error instanceof Error ? own + error.stack + JSON.stringify(error) + told(error.cause) : own;
}

function isQuiet(error: unknown): boolean {
  // Of the key, a line in its midst.
  return ![secret, "nobody-may-see", privateKey.split("\n")[3]!].some((some) => told(error).includes(some));
}

test("the table of what becomes of a call", async () => {
  const cases = JSON.parse(readFileSync(`${openapi}/outcomes.json`, "utf8"));
  assert(cases.length >= 30);
  for (const { name, api, operation, parameters = {}, answer, instead, kind, code, message, order_id, outcome_unknown } of cases) {
    const body = answer && (answer.bytes === undefined ? answer.body : Buffer.from(answer.bytes, "hex"));
    const bytes = answer
      ? response(answer.status, body, answer.content_type, Buffer.byteLength(body), answer.content_encoding)
      : ({ cut: response(200, "{}", undefined, 9), no_tls: ALERT }[instead as string] ?? "");
    let requests: string[] = [];
    const outcome = async (url: string) => {
      const baseUrl = ({ unreachable: "http://127.0.0.1:1", no_tls: url.replace("http:", "https:") } as any)[instead] ?? url;
      try {
        const { data } = await clientOf(api, { baseUrl, timeout: instead === "silent" ? 1_000 : 30_000 })(operation, parameters);
        return ["accepted", undefined, false, undefined, order_id && (data as { order_id?: unknown }).order_id];
      } catch (error) {
        assert(isLinksfieldError(error), String(error));
        assert(isQuiet(error), name);
        return [error.kind, error.code, error.outcomeUnknown, message && error.said, undefined];
      }
    };
    const got = await answered(bytes, outcome, { silent: instead === "silent", took: (sent) => (requests = sent) });
    assert.deepEqual(got, [kind, code, outcome_unknown, message, order_id], name);
    assert.equal(requests.length, instead === "unreachable" ? 0 : 1, name);
    if (instead !== "no_tls") requests.forEach(assertWhole);
  }
});

test("what breaks after the connection stood may have arrived, whatever its code says", async () => {
  const agent = new Agent() as any; // what connects is no part of the types
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (...options: unknown[]) => {
    const socket: Socket = connect(...options);
    const code = Object.assign(new Error("read EHOSTUNREACH"), { code: "EHOSTUNREACH", syscall: "read" });
    socket.once("connect", () => setTimeout(() => socket.destroy(code), 50));
    return socket;
  };
  await answered("", async (baseUrl) => {
    const client = new csss.Client({ accessCode: "P", secret, baseUrl, agent });
    await assert.rejects(client.openPackage({ order_id: "1" }), { kind: "transport", outcomeUnknown: true });
  }, { silent: true });
});

test("a server that changes the protocol, and then holds the connection or ends it, has answered", async () => {
  for (const more of ["", "upgrade: websocket\r\nconnection: upgrade\r\n"]) {
    for (const open of [true, false]) {
      await answered(`HTTP/1.1 101 x\r\n${more}\r\n`, async (baseUrl) => {
        const client = new csss.Client({ accessCode: "P", secret, baseUrl });
        await assert.rejects(client.openPackage({ order_id: "1" }), { kind: "unreadable", status: 101, outcomeUnknown: true });
      }, { open });
    }
  }
});

test("a connection that is closed and says nothing of it is a failure", async () => {
  const client = (baseUrl: string) => new csss.Client({ accessCode: "P", secret, baseUrl });
  await answered("HTTP/1.1 200 x\r\n\r\n", async (baseUrl) => {
    const own = { id: "own", method: "CONNECT", path: "/a" };
    await assert.rejects(client(baseUrl).call(own, {}), { kind: "transport", outcomeUnknown: true });
  }, { open: true });
});

test("a method is the same in small letters", async () => {
  for (const method of ["get", "GET", "delete", "DELETE"]) {
    let requests: string[] = [];
    await answered(response(200, '{"code":"0000"}'), async (baseUrl) => {
      const client = new csss.Client({ accessCode: "P", secret, baseUrl });
      await client.call({ id: "own", method, path: "/a" }, { b: "1" });
    }, { took: (sent) => (requests = sent) });
    if (/get/i.test(method)) assert.match(requests[0]!, /^GET \/a\?.*b=1.*\r\n\r\n$/s);
    else assertWhole(requests[0]!);
  }
});

test("an answer that is not whole in time is not waited for", async () => {
  await answered(response(200, "{}", undefined, 9), async (baseUrl) => {
    const client = new csss.Client({ accessCode: "P", secret, baseUrl, timeout: 500 });
    await assert.rejects(client.openPackage({ order_id: "1" }), { kind: "timeout", outcomeUnknown: true });
  }, { open: true });
});

test("what a client is made of is checked and never quoted", () => {
  const baseUrl = "https://example.com";
  const made = [
    () => new esimQr.Client({ accessToken: "nobody-may-see\nit", baseUrl }),
    () => new esimQr.Client({ accessToken: "nobody-may-see-密", baseUrl }),
    () => new csss.Client({ accessCode: "P", secret: "nobody-may-see\0", baseUrl }),
    () => new csss.Client({ accessCode: "P", secret: "nobody-may-see\ud800", baseUrl }),
    () => new csss.Client({ accessCode: "P", secret: " \n", baseUrl }),
    () => new cube.Client({ keyId: "id\r\nnobody-may-see: 1", privateKey, baseUrl }),
    () => new mall.Client({ partnerCode: "", baseUrl }),
    ...["https://user:nobody-may-see@example.com", "https://nobody-may-see@example.com:99999", "example.com", `${baseUrl}?a=1`, `${baseUrl}?`, `${baseUrl}#`].map(
      (baseUrl) => () => new csss.Client({ accessCode: "P", secret: "s", baseUrl }),
    ),
    () => new csss.Client({ accessCode: "P", secret: "s", baseUrl, language: "en\nnobody-may-see" }),
    () => new csss.Client({ accessCode: "P", secret: "s", baseUrl, agent: new Agent() }),
    () => new csss.Client({ accessCode: "P", secret: "s", baseUrl: "http://127.0.0.1:1", agent: new TlsAgent() }),
    ...[Infinity, NaN, 0, -1, 1e9].map((timeout) => () => new csss.Client({ accessCode: "P", secret: "s", baseUrl, timeout })),
  ];
  for (const [number, make] of made.entries()) {
    assert.throws(make, (error) => error instanceof TypeError && isQuiet(error), String(number));
  }
});

test("an agent that computes its protocol is asked by Node alone, and one that refuses is an error before the call", async () => {
  class Computed extends Agent {}
  // As agents for proxies do: of TLS only while `node:https` asks.
  Object.defineProperty(Computed.prototype, "protocol", { get: () => "http:", set: () => {} });
  const client = new csss.Client({ accessCode: "P", secret, baseUrl: "https://127.0.0.1:1", agent: new Computed() });
  await assert.rejects(client.openPackage({ order_id: "1" }), { kind: "invalid_request", outcomeUnknown: false });
});

test("white space around a credential is no part of it", async () => {
  const call = (baseUrl: string) => new esimQr.Client({ accessToken: " token\n", baseUrl }).call(esimQr.OPERATIONS.reportPayment, {});
  assert.equal((await answered(response(200, '{"code":0}'), call)).status, 200);
});

test("what can't be sent is an error before the call", async () => {
  const calls: [string, string, object][] = [
    ["csss", "orderPackage", { a: "\udc80" }],
    ["csss", "orderPackage", { a: 2 ** 53 }],
    ["csss", "orderPackage", { a: new Map() }],
    ["csss", "orderPackage", { a: () => 1 }],
    ["cube", "querySim", { sim_id: 89852202209089971478 }],
    ["cube", "querySim", { sim_id: NaN }],
    ["cube", "querySim", { sim_id: "a\udc80" }],
    ["cube", "querySims", { page_size: 1e21 }],
    ["cube", "querySims", { "\udc80": 1 }],
  ];
  for (const [api, operation, parameters] of calls) {
    let requests: string[] = [];
    await answered("", async (baseUrl) => {
      const refused = { kind: "invalid_request", outcomeUnknown: false };
      await assert.rejects(clientOf(api, { baseUrl })(operation, parameters), refused);
    }, { took: (sent) => (requests = sent) });
    assert.equal(requests.length, 0);
  }
  const client = new csss.Client({ accessCode: "P", secret, baseUrl: "http://127.0.0.1:1" });
  for (const [method, path] of [["POST", "a"], ["POST", "/a?b=1"], ["PO ST", "/a"], ["GET", "/a\n"]] as const) {
    await assert.rejects(client.call({ id: "other", method, path }, {}), { kind: "invalid_request" });
  }
});

const asked = <T>(data: string, call: (client: csss.Client) => Promise<T>) =>
  answered(response(200, `{"code":"0000","success":true,"data":${data}}`), (baseUrl) => call(new csss.Client({ accessCode: "P", secret, baseUrl })));
const opened = (data: string) => asked(data, (client) => client.openPackage({ order_id: "1" }));
// No document says that its success names an order.
const renewed = (data: string) => asked(data, (client) => client.renewPackage({ order_id: "1", renew_period: 1 }));

test("an id that came as a number keeps its digits, and so does what is not documented", async () => {
  const data = await opened('{"order_id":202107061625560742397,"new":[89852202209089971478,1,0.1]}');
  assert.equal(data.order_id, "202107061625560742397");
  assert.deepEqual((data as { new?: unknown }).new, ["89852202209089971478", 1, 0.1]);
  assert.equal((await opened('{"order_id":7}')).order_id, "7");
});

test("no data is an object without fields, and data of another shape leaves the outcome unknown", async () => {
  for (const nothing of ["null", '""', "[]", "{}"]) assert.deepEqual(await renewed(nothing), {});
  await assert.rejects(renewed('["1"]'), (error) => isLinksfieldError(error) && error.outcomeUnknown);
});

test("a field that has the name of something that all objects have stays what it is", async () => {
  const data = await opened('{"order_id":"1","constructor":"a","toString":[{"valueOf":1}]}');
  assert.deepEqual(Object.entries(data), [["order_id", "1"], ["constructor", "a"], ["toString", [{ valueOf: 1 }]]]);
});

test("a server elsewhere is not called in plaintext, and a path leads nowhere else", async () => {
  assert.throws(() => new csss.Client({ accessCode: "P", secret, baseUrl: "http://example.com" }), /https/);
  const client = new cube.Client({ keyId: "id", privateKey, baseUrl: "http://127.0.0.1:1" });
  for (const sim_id of ["", "..", "%2e%2e", "a\nb"]) {
    await assert.rejects(client.querySim({ sim_id }), { kind: "invalid_request", outcomeUnknown: false });
  }
});

test("JSON is read as it is, and what is none is refused", () => {
  for (const text of ["[]", "{}", '[1,-2.5e3,true,null,"\\u00e9"]', ' {"a":{"b":[[]]}} ']) {
    assert.deepEqual(readJson(text), JSON.parse(text));
  }
  for (const text of ["", "[1,]", '{"a":1,}', "[1 2]", "01", "{a:1}", "nul", "[", '"', "[]]", "1.", "+1", '{"a":1 "b":2}', '"\n"']) {
    assert.throws(() => readJson(text), /no JSON/, text);
  }
  assert.throws(() => readJson('{"code":"1","code":"0"}'), /twice/);
  assert.throws(() => readJson("[".repeat(100_000)), /no JSON/);
  const long = `${"a".repeat(20_000_000)}\\"${"\\\\".repeat(100_000)}`;
  assert.equal((readJson(`["${long}"]`) as string[])[0]?.length, 20_100_001);
  assert.deepEqual(Object.keys(readJson('{"__proto__":1}') as object), ["__proto__"]);
});
