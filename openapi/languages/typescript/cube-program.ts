// Signs every vector of the Cube API, and calls the sandbox with a client whose types are generated.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { paths } from "./cube";
import { cubeSigner, signed } from "./cube-signing";
import { content } from "./signing";

const SIM = "89852202209089971478";

const file = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const vector of file.vectors) {
  const [url, body, nonce] = [new URL(vector.url), JSON.parse(vector.body ?? "{}"), String(vector.nonce)];
  assert.equal(content(signed(url, body, vector.timestamp, nonce)), vector.content, vector.name);
  const sign = cubeSigner(vector.key_id, file.private_key);
  assert.deepEqual(sign(url, body, vector.timestamp, nonce), vector.headers, vector.name);
}

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
  console.log(`cube vectors ${file.vectors.length}, accepted ${accepted}`);
}

main();
