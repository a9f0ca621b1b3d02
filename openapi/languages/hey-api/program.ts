// Makes a call that is accepted and one that is refused, with the generated client.
import { strict as assert } from "node:assert";
import { openPackage, syncAssetInfo } from "./clients/csss";
import { client } from "./clients/csss/client.gen";
import { signer } from "./signing";

const signed = signer(process.env.LINKSFIELD_ACCESS_CODE ?? "", process.env.LINKSFIELD_SECRET ?? "");
client.setConfig({ baseUrl: process.env.LINKSFIELD_BASE_URL });

async function main() {
  const listed = await syncAssetInfo({ body: signed({}), throwOnError: true });
  assert(listed.data.code === "0000" && listed.data.data?.length === 0);
  const refused = await openPackage({ body: signed({ order_id: "no such order" }), throwOnError: true });
  assert(refused.data.code !== "0000" && refused.data.data?.order_id === undefined);
  console.log("accepted 1");
}

main();
