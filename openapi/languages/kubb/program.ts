// Makes an order that is accepted and a call that is refused, with the generated client.
import { strict as assert } from "node:assert";
import { setConfig } from "@kubb/plugin-client/clients/axios";
import { openPackage, orderPackage } from "./clients/csss";
import { signer } from "./signing";
import { terms } from "./terms";

const signed = signer(process.env.LINKSFIELD_ACCESS_CODE ?? "", process.env.LINKSFIELD_SECRET ?? "");
setConfig({ baseURL: process.env.LINKSFIELD_BASE_URL });

async function main() {
  const ordered = await orderPackage(signed(terms));
  assert(ordered.code === "0000" && ordered.data?.order_id);
  const refused = await openPackage(signed({ order_id: "no such order" }));
  assert(refused.code !== "0000" && refused.data?.order_id === undefined);
  console.log("accepted 1");
}

main();
