// A program may have the package twice, or load it by `require`: an error of one copy is known by the other.
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isLinksfieldError, LinksfieldError } from "linksfield";

test("require gives what import gives", () => {
  const required: typeof import("linksfield") = createRequire(import.meta.url)("linksfield");
  assert.equal(required.LinksfieldError, LinksfieldError);
});

test("an error of a second copy is known by its brand, and its outcome is a plain property", async () => {
  const first = dirname(dirname(fileURLToPath(import.meta.resolve("linksfield"))));
  const second = join(process.cwd(), "second-copy");
  cpSync(first, second, { recursive: true });
  const copy: typeof import("linksfield") = await import(pathToFileURL(join(second, "dist/index.js")).href);
  const error: unknown = new copy.LinksfieldError("timeout", "orderPackage", "no answer in time", true);
  assert.equal(error instanceof LinksfieldError, false);
  assert(isLinksfieldError(error) && error.outcomeUnknown);
  assert.equal({ ...error }.outcomeUnknown, true);
  assert(!isLinksfieldError(new Error()) && !isLinksfieldError(null));
});
