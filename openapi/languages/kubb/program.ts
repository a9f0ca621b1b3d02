// Makes a call that is accepted and one that is refused, with the generated client.
import { strict as assert } from "node:assert";
import { setConfig } from "@kubb/plugin-client/clients/fetch";
import { openPackage, syncAssetInfo } from "./clients/csss";
import { signer } from "./signing";

const signed = signer(process.env.LINKSFIELD_ACCESS_CODE ?? "", process.env.LINKSFIELD_SECRET ?? "");
setConfig({ baseURL: process.env.LINKSFIELD_BASE_URL });

async function main() {
  const listed = await syncAssetInfo(signed({}));
  assert(listed.code === "0000" && listed.data?.length === 0);
  const refused = await openPackage(signed({ order_id: "no such order" }));
  assert(refused.code !== "0000" && refused.data?.order_id === undefined);
  console.log("accepted 1");
}

main();
