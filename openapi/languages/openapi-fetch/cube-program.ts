// Calls the sandbox's Cube API with a client whose types are generated.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { paths } from "./cube";
import { cubeSigner } from "./signing";

// One that nobody used before.
const SIM = `8985${String(Date.now()).padStart(16, "0")}`;

const file = JSON.parse(readFileSync(process.argv[2], "utf8"));

const client = createClient<paths>({ baseUrl: `${process.env.LINKSFIELD_BASE_URL}/cube/v4` });
const sign = cubeSigner("sandbox", file.private_key);
client.use({
  async onRequest({ request }) {
    const body = await request.clone().text();
    const headers = sign(new URL(request.url), body ? JSON.parse(body) : {});
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    return request;
  },
});

let accepted = 0;

/** What an accepted answer carries. */
function data<D>(result: { data?: { status: { code: string }; data?: D | null } }): D | null {
  if (result.data?.status.code !== "CB-00-0000") throw new Error(`refused: ${JSON.stringify(result)}`);
  accepted += 1;
  return result.data.data ?? null;
}

async function main() {
  const header = { timestamp: "", nonce: 0 }; // filled in by the signer
  const path = { sim_id: SIM };
  const sims = data(await client.GET("/sims", { params: { header, query: { page_size: 5 } } }));
  assert.equal(sims?.length, 5);
  assert.equal(data(await client.GET("/sims/{sim_id}", { params: { header, path } }))?.status, 10);
  data(await client.POST("/sims/{sim_id}/activate", { params: { header, path }, body: {} }));
  const body = { sim_ids: [SIM], message: { type: 1, content: "你好 / ok" } };
  assert(data(await client.POST("/sms", { params: { header }, body }))?.job_id);
  const sent = data(await client.GET("/sms/mt/{sim_id}", { params: { header, path } }));
  assert.equal(sent?.[0].content?.message, "你好 / ok");
  console.log(`cube accepted ${accepted}`);
}

main();
