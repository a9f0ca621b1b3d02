// Signs every vector, and reads an answer whose data is an object, null and missing.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import type { components } from "./csss";
import { content, signer } from "./signing";

// An integer beyond 2^53 is read as a BigInt: JSON.parse would round it.
const text = readFileSync(process.argv[2], "utf8").replace(/(: )(\d{16,})(?=[,}])/g, '$1"bigint $2"');
const vectors = JSON.parse(text, (_, value) =>
  typeof value === "string" && value.startsWith("bigint ") ? BigInt(value.slice(7)) : value,
);
let checked = 0;
for (const vector of vectors) {
  checked += 1;
  const sign = signer(vector.access_code, vector.secret);
  if (vector.error) {
    assert.throws(() => sign(vector.parameters, vector.timestamp), { message: vector.error });
    continue;
  }
  const { sign: signature, ...body } = sign(vector.parameters, vector.timestamp);
  assert.deepEqual([content(body), signature], [vector.content, vector.sign], vector.name);
}

const answer = { code: "0000", message: "", success: true };
const answers: components["schemas"]["OpenPackageAnswer"][] = [
  { ...answer, data: { order_id: "1" } },
  { ...answer, data: {} },
  { ...answer, data: null },
  answer,
];
assert.deepEqual(answers.map(({ data }) => data?.order_id), ["1", undefined, undefined, undefined]);
console.log(`vectors ${checked}/${vectors.length}`);
