// The signing signs every vector, and what can't be signed is an error.
import assert from "node:assert/strict";
import crypto, { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import test from "node:test";
import { content, cubeParameters, cubeSigner, mallSigner, signer, SigningError, written } from "linksfield/signing";

/** A file of the documents' folder; an integer beyond 2^53 is read as a BigInt, as `JSON.parse` would round it. */
function vectors(name: string) {
  const text = readFileSync(`${process.env.LINKSFIELD_OPENAPI}/${name}`, "utf8");
  return JSON.parse(text.replace(/(: )(\d{16,})(?=[,}])/g, '$1"bigint $2"'), (_, value) =>
    typeof value === "string" && value.startsWith("bigint ") ? BigInt(value.slice(7)) : value,
  );
}

test("every vector of CSSS", () => {
  for (const vector of vectors("signing-vectors.json")) {
    const sign = signer(vector.access_code, vector.secret);
    if (vector.error) {
      assert.throws(() => sign(vector.parameters, vector.timestamp), { message: vector.error });
      continue;
    }
    const { sign: signature, ...body } = sign(vector.parameters, vector.timestamp);
    assert.deepEqual([content(body), signature], [vector.content, vector.sign], vector.name);
  }
});

test("every vector of the Mall", () => {
  for (const vector of vectors("mall-signing-vectors.json")) {
    const { sign, ...body } = mallSigner(vector.partner_code)(vector.parameters, vector.trade_time ?? undefined);
    assert.deepEqual([content(body), sign], [vector.content, vector.sign], vector.name);
  }
});

test("every vector of Cube", () => {
  const file = vectors("cube-signing-vectors.json");
  for (const vector of file.vectors) {
    const [url, body, nonce] = [new URL(vector.url), JSON.parse(vector.body ?? "{}"), String(vector.nonce)];
    assert.equal(content(cubeParameters(url, body, vector.timestamp, nonce)), vector.content, vector.name);
    const sign = cubeSigner(vector.key_id, file.private_key);
    assert.deepEqual(sign(url, body, vector.timestamp, nonce), vector.headers, vector.name);
  }
});

test("a number that was rounded or is none is not signed", () => {
  for (const number of [NaN, Infinity, 2 ** 53]) assert.throws(() => written({ number }), /pass a bigint/);
  assert.equal(written({ at: new Date(0), left: undefined }), '{"at":"1970-01-01T00:00:00.000Z"}');
});

test("what is written as empty is not signed", () => {
  const empty = { a: new Date(NaN), b: [], c: {}, d: "", e: null, f: undefined, g: { toJSON: () => "" } };
  assert.equal(content({ ...empty, at: new Date(0), zero: 0, no: false, list: [""] }), '{"at":"1970-01-01T00:00:00.000Z","list":[""],"no":false,"zero":0}');
});

test("what is no plain JSON is not signed", () => {
  for (const odd of [new Map([["a", 1]]), new Set(), () => 1, Symbol("a"), new Uint8Array(1), "\ud800", { "\ud800": 1 }]) {
    assert.throws(() => written({ odd }), SigningError);
  }
});

test("a parameter that is there twice is not signed, whatever its name", () => {
  const sign = (query: string, body: object) => cubeParameters(new URL(`https://example.com/sims${query}`), body, "1", "2");
  for (const [query, body] of [["?a=1&a=2", {}], ["?a=1", { a: 1 }]] as const) assert.throws(() => sign(query, body), /twice/);
  assert.deepEqual(Object.entries(sign("?constructor=1&__proto__=2", {})).slice(0, 2), [["constructor", "1"], ["__proto__", "2"]]);
});

test("only a key of RSA signs", () => {
  for (const kind of ["x25519", "ec"] as const) {
    const options = { namedCurve: "P-256", privateKeyEncoding: { type: "pkcs8", format: "pem" }, publicKeyEncoding: { type: "spki", format: "pem" } };
    const { privateKey } = generateKeyPairSync(kind as "ec", options as any) as unknown as { privateKey: string };
    assert.throws(() => cubeSigner("id", privateKey), /none of RSA/);
  }
});

test("a policy that forbids SHA-1 is named with what to do, and blamed for nothing else", () => {
  // What OpenSSL says under a policy is imitated: a stock one has no policy that forbids this alone.
  const key = vectors("cube-signing-vectors.json").private_key;
  const { sign } = crypto;
  const said = (words: string) => {
    Object.assign(crypto, { sign: () => { throw new Error(words); } });
    syncBuiltinESMExports();
    return () => cubeSigner("id", key)(new URL("https://example.com/sims"), {});
  };
  try {
    assert.throws(said("error:03000098:digital envelope routines::invalid digest"), /policy.*OPENSSL_CONF.*Go's/);
    assert.throws(said("error:02000070:rsa routines::digest too big for rsa key"), /^Error: the private key can't sign$/);
  } finally {
    Object.assign(crypto, { sign });
    syncBuiltinESMExports();
  }
});
