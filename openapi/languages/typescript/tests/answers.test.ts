// What becomes of a call is what the table says that the Rust crate is held against as well; and no digit is lost.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import test from "node:test";
import { isLinksfieldError, readJson } from "linksfield";
import * as csss from "linksfield/csss";
import * as cube from "linksfield/cube";
import * as esimQr from "linksfield/esim-qr";
import * as mall from "linksfield/mall";

const openapi = process.env.LINKSFIELD_OPENAPI;
const privateKey: string = JSON.parse(readFileSync(`${openapi}/cube-signing-vectors.json`, "utf8")).private_key;
const secret = "a secret that nobody may see";

/** Calls with a server that answers each request with the same text; with none, it closes the connection or never answers. */
async function answered<T>(text: string, call: (baseUrl: string) => Promise<T>, silent = false): Promise<T> {
  const server = createServer((socket) => {
    let request = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      request += chunk;
      const [head = "", body] = request.split("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (body !== undefined && Buffer.byteLength(body) >= length && !silent) socket.end(text);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    return await call(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

function response(status: number, body: string, type = "application/json", length = Buffer.byteLength(body)): string {
  return `HTTP/1.1 ${status} x\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${body}`;
}

async function outcome(api: string, operation: string, baseUrl: string, timeout = 30_000) {
  const settings = { baseUrl, timeout };
  const operations = { csss, cube, mall, "esim-qr": esimQr }[api]?.OPERATIONS as Record<string, any>;
  const client = {
    csss: () => new csss.Client({ accessCode: "P000270", secret, ...settings }),
    cube: () => new cube.Client({ keyId: "id", privateKey, ...settings }),
    mall: () => new mall.Client({ partnerCode: "P000270", ...settings }),
    "esim-qr": () => new esimQr.Client({ accessToken: "token", ...settings }),
  }[api]!();
  try {
    await client.call(operations[operation], {});
    return ["accepted", undefined, false];
  } catch (error) {
    assert(isLinksfieldError(error), String(error));
    assert(!`${error.stack}${JSON.stringify(error)}`.includes(secret));
    return [error.kind, error.code, error.outcomeUnknown];
  }
}

test("the table of what becomes of a call", async () => {
  const cases = JSON.parse(readFileSync(`${openapi}/outcomes.json`, "utf8"));
  assert(cases.length >= 30);
  for (const { name, api, operation, answer, instead, kind, code, outcome_unknown } of cases) {
    const call = (url: string) => outcome(api, operation, url, instead === "silent" ? 1_000 : 30_000);
    const text = answer ? response(answer.status, answer.body, answer.content_type) : instead === "cut" ? response(200, "{}", undefined, 9) : "";
    const got = instead === "unreachable" ? call(await answered("", async (closed) => closed)) : answered(text, call, instead === "silent");
    assert.deepEqual(await got, [kind, code, outcome_unknown], name);
  }
});

const opened = (data: string) =>
  answered(response(200, `{"code":"0000","success":true,"data":${data}}`), (baseUrl) =>
    new csss.Client({ accessCode: "P", secret, baseUrl }).openPackage({ order_id: "1" }),
  );

test("an id that came as a number keeps its digits, and so does what is not documented", async () => {
  const data = await opened('{"order_id":202107061625560742397,"new":[89852202209089971478,1,0.1]}');
  assert.equal(data.order_id, "202107061625560742397");
  assert.deepEqual((data as { new?: unknown }).new, ["89852202209089971478", 1, 0.1]);
  assert.equal((await opened('{"order_id":7}')).order_id, "7");
});

test("no data is an object without fields, and data of another shape leaves the outcome unknown", async () => {
  for (const nothing of ["null", '""', "[]", "{}"]) assert.deepEqual(await opened(nothing), {});
  await assert.rejects(opened('["1"]'), (error) => isLinksfieldError(error) && error.outcomeUnknown);
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
  assert.deepEqual(Object.keys(readJson('{"__proto__":1}') as object), ["__proto__"]);
});
