// Refuses to pack what is not whole: the clients are generated, and stand in no checkout.
import { existsSync, readFileSync } from "node:fs";

const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const files = [...Object.values(exports).flatMap((file) => Object.values(file)), "LICENSE-MIT", "LICENSE-APACHE"];
const missing = files.filter((file) => file.length > 1 && !existsSync(file));
if (missing.length > 0) {
  console.error(`missing: ${missing.join(", ")}; openapi/languages/run typescript generates and packs`);
  process.exit(1);
}
