// A second client of another house: it accepts every schema, and an order is sent only after a person's word.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import assert from "node:assert/strict";

const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name.startsWith("LINKSFIELD_") || name === "PATH"),
);

async function session(flags, answer, work) {
  const capabilities = answer ? { elicitation: {} } : {};
  const client = new Client({ name: "check", version: "1" }, { capabilities });
  if (answer) client.setRequestHandler(ElicitRequestSchema, async () => answer);
  await client.connect(new StdioClientTransport({ command: process.env.COMMAND, args: ["mcp", ...flags], env: environment }));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
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

const start = (client, id) => client.callTool({ name: "csss_open_package", arguments: { order_id: id } });
const found = await session([], null, async (client) => {
  const { tools } = await client.listTools();
  tools.forEach(check);
  assert.ok(tools.length > 3 && tools.every((tool) => tool.annotations.readOnlyHint));
  const result = await client.callTool({ name: "csss_query_order", arguments: { page_no: 1, page_size: 50 } });
  return JSON.parse(result.content[1].text.split("\n").slice(1).join("\n")).package_order;
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
console.log("4 passed, 0 failed");
