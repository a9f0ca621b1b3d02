// A second client of another house: it accepts every schema, and an order is sent only after a person's word.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import assert from "node:assert/strict";
import http from "node:http";

const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name.startsWith("LINKSFIELD_") || name === "PATH"),
);

// `answer` is what the person answers, or what gives it.
async function session(flags, answer, work, more = {}) {
  const capabilities = answer ? { elicitation: {} } : {};
  const client = new Client({ name: "check", version: "1" }, { capabilities });
  if (answer) client.setRequestHandler(ElicitRequestSchema, async () => (answer.call ? answer() : answer));
  const env = { ...environment, ...more };
  await client.connect(new StdioClientTransport({ command: process.env.COMMAND, args: ["mcp", ...flags], env }));
  // What comes on the pipe and is no message is one of these.
  const noise = [];
  client.onerror = (error) => noise.push(error);
  try {
    const result = await work(client);
    assert.deepEqual(noise, []);
    return result;
  } finally {
    await client.close();
  }
}

// An API that answers with this data, when it may.
async function api(data, received = () => {}, answered = Promise.resolve()) {
  const server = http.createServer(async (request, response) => {
    for await (const _ of request);
    received();
    await answered;
    response.writeHead(200, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify({ code: "0000", message: "", success: true, data }));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  server.unref();
  return { LINKSFIELD_BASE_URL: `http://127.0.0.1:${server.address().port}` };
}

// Flat schemas with nothing that clients drop tools for, and ids that are texts.
const clumsy = ["$ref", "$schema", "oneOf", "anyOf", "allOf"];
function check(tool) {
  const { type, properties } = tool.inputSchema;
  assert.ok(type === "object" && typeof properties === "object", tool.name);
  assert.ok(!clumsy.some((word) => JSON.stringify(tool.inputSchema).includes(`"${word}":`)), tool.name);
  for (const [name, property] of Object.entries(properties)) {
    assert.ok(!name.endsWith("_id") || property.type === "string", `${tool.name} ${name}`);
  }
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = tool.annotations;
  assert.ok([readOnlyHint, destructiveHint, idempotentHint, openWorldHint].every((hint) => typeof hint === "boolean"), tool.name);
}

// The data of an answer, which is marked as what it is.
function data(result) {
  const [first, ...rest] = result.content[1].text.split("\n");
  assert.ok(first.startsWith("Data from outside"), first);
  return JSON.parse(rest.join("\n"));
}

async function orders(client) {
  const result = await client.callTool({ name: "csss_query_order", arguments: { page_no: 1, page_size: 50 } });
  return data(result).package_order;
}

const start = (client, id) => client.callTool({ name: "csss_open_package", arguments: { order_id: id } });
const found = await session([], null, async (client) => {
  const { tools } = await client.listTools();
  tools.forEach(check);
  assert.ok(tools.length > 3 && tools.every((tool) => tool.annotations.readOnlyHint));
  const number = await client.callTool({ name: "csss_query_device", arguments: { device_id: 89852022018041800192 } });
  assert.ok(number.isError && number.content[0].text.includes("must be text"), JSON.stringify(number));
  return orders(client);
});
assert.equal(found.length, 1);
const id = found[0].orderCode;
for (const answer of [null, { action: "decline" }, { action: "accept", content: {} }]) {
  const result = await session(["--allow-changes"], answer, (client) => start(client, id));
  assert.ok(result.isError && result.content[0].text.startsWith("Not sent:"), JSON.stringify(result));
}
const yes = { action: "accept", content: { answer: "yes" } };
const result = await session(["--allow-changes"], yes, (client) => start(client, id));
assert.ok(!result.isError && result.content[1].text.includes(id), JSON.stringify(result));

// Given up while the person is asked: nothing is sent, whatever the answer.
const parameters = { order_id: id, renew_period: 1 };
const renew = (client, signal) => client.callTool({ name: "csss_renew_package", arguments: parameters }, undefined, { signal });
const calls = async () => {
  const seen = await (await fetch(`${process.env.LINKSFIELD_BASE_URL}/_sandbox/requests`)).json();
  return JSON.stringify(seen).split("/package/renewPackage").length - 1;
};
const giveUp = new AbortController();
const slow = async () => {
  giveUp.abort();
  await gone;
  return yes;
};
let go;
const gone = new Promise((resolve) => (go = resolve));
await session(["--allow-changes"], slow, async (client) => {
  await assert.rejects(renew(client, giveUp.signal));
  go();
  for (let count = 0; count < 5; count += 1) await orders(client);
});
assert.equal(await calls(), 0);
await session(["--allow-changes"], yes, (client) => renew(client));
assert.equal(await calls(), 1);

// Given up when it was sent: the next call of any tool tells the result.
const late = new AbortController();
let answer;
const answered = new Promise((resolve) => (answer = resolve));
const slowApi = await api({ order_id: "ORDER_LATE" }, () => late.abort(), answered);
await session(
  ["--allow-changes"],
  yes,
  async (client) => {
    await assert.rejects(renew(client, late.signal));
    const next = () => client.callTool({ name: "no_such_tool", arguments: {} });
    assert.ok((await next()).content[0].text.includes("no tool"));
    answer();
    let told = await next();
    for (let count = 0; count < 6000 && !told.content[0].text.startsWith("LATE RESULT"); count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      told = await next();
    }
    const texts = told.content.map((block) => block.text);
    assert.equal(texts[0], "LATE RESULT of an earlier call of renewPackage:");
    assert.ok(texts[2].startsWith("Data from outside") && texts[2].includes("ORDER_LATE"), texts[2]);
  },
  slowApi,
);

// A list that is cut says so first, and goes on.
const many = Array.from({ length: 700 }, (_, number) => ({ number, name: "x".repeat(60) }));
await session(
  [],
  null,
  async (client) => {
    const seen = [];
    while (seen.length < many.length) {
      const part = await client.callTool({ name: "csss_sync_asset_info", arguments: { from_item: seen.length } });
      seen.push(...data(part));
      const head = part.content[0].text;
      assert.ok(head.startsWith("CUT:") && head.includes(`from_item ${seen.length}`) === seen.length < many.length, head);
    }
    assert.deepEqual(seen, many);
  },
  await api(many),
);

// Nothing but messages is on the pipe, and nothing takes any from it.
const noisy = { XDG_CONFIG_HOME: process.env.NOISY, RUST_LOG: "trace" };
assert.equal((await session(["--profile", "noisy"], null, orders, noisy)).length, 1);
console.log("9 passed, 0 failed");
