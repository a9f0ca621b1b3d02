// Makes a call that is accepted and one that is refused, with the generated client.
import { strict as assert } from "node:assert";
import { openPackage, syncAssetInfo } from "./clients/csss";
import { signer } from "./signing";

const signed = signer(process.env.LINKSFIELD_ACCESS_CODE ?? "", process.env.LINKSFIELD_SECRET ?? "");

async function main() {
  const listed = await syncAssetInfo(signed({}));
  assert(listed.data.code === "0000" && listed.data.data?.length === 0);
  const refused = await openPackage(signed({ order_id: "no such order" }));
  assert(refused.data.code !== "0000" && refused.data.data?.order_id === undefined);
  console.log("accepted 1");
}

main();
