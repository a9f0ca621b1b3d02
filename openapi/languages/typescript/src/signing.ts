// Signs calls by the rules in the documents' `info.x-linksfield-guide`. Needs Node.js alone, and no other file.
import { createHash, createHmac, createPrivateKey, randomInt, sign as signRsa, type KeyObject } from "node:crypto";

export type Signed = { access_code: string; timestamp: string; version: string; sign: string };
export type MallSigned = { version: string; partnerCode: string; sign: string };

/** These parameters can't be signed, or not by this machine; nothing was sent. */
export class SigningError extends Error {}

/** Compact JSON with its keys in ascending byte order at every depth. What would arrive as something else is refused. */
export function written(value: unknown): string {
  if (value == null) return "null";
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return inQuotes(value);
  if (typeof value === "number") {
    if (isExact(value)) return JSON.stringify(value);
    throw new SigningError(`the number ${value} can't be written as it was meant: pass a bigint or a text`);
  }
  if (typeof value === "object" && "toJSON" in value && typeof value.toJSON === "function") return written(value.toJSON());
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  const kind = Object.prototype.toString.call(value);
  if (kind !== "[object Object]") throw new SigningError(`${kind} can't be written as JSON`);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${fields.map(([name, field]) => `${inQuotes(name)}:${written(field)}`).join(",")}}`;
}

function inQuotes(text: string): string {
  if (isWellFormed(text)) return JSON.stringify(text);
  throw new SigningError("a text has half a character in it, which can't be written");
}

/** Whether a text has no half of a character in it. */
export function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}

/** Whether a number has the digits that it was meant to have. */
export function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

/** The text that is signed: what is not written as an empty value, as JSON. */
export function content(parameters: object): string {
  const isEmpty = (value: unknown) => ["null", '""', "[]", "{}"].includes(written(value));
  return written(Object.fromEntries(Object.entries(parameters).filter(([, value]) => !isEmpty(value))));
}

function leaveFree(parameters: object, names: string[]) {
  const taken = names.find((name) => Object.hasOwn(parameters, name));
  if (taken) throw new SigningError(`the parameter ${taken} is set by the signing`);
}

/** Signs calls of the CSSS API: adds the signed parameters to those of a call. */
export function signer(accessCode: string, secret: string) {
  return <P extends object>(parameters: P, timestamp = String(Math.floor(Date.now() / 1000))): P & Signed => {
    leaveFree(parameters, ["access_code", "timestamp", "version", "sign"]);
    const body = { ...parameters, access_code: accessCode, timestamp, version: "2.0" };
    return { ...body, sign: createHmac("sha1", secret).update(content(body)).digest("base64") };
  };
}

/** Signs calls of the Mall API, whose signature has no secret in it: all parameters, those of the path included. */
export function mallSigner(partnerCode: string) {
  return <P extends object>(parameters: P, tradeTime?: string): P & MallSigned => {
    leaveFree(parameters, ["version", "partnerCode", "tradeTime", "sign"]);
    const whole = { ...parameters, version: "3.0", partnerCode, ...(tradeTime ? { tradeTime } : {}) };
    return { ...whole, sign: createHash("md5").update(content(whole)).digest("hex") };
  };
}

/** All that is signed of a call of the Cube API: what is in its URL and headers as texts, and the fields of its body. */
export function cubeParameters(url: URL, body: object, timestamp: string, nonce: string): object {
  const all = new Map<string, unknown>(Object.entries(body));
  for (const [name, value] of url.searchParams) {
    if (all.has(name)) throw new SigningError(`the parameter ${name} is there twice`);
    all.set(name, value);
  }
  const parameters = Object.fromEntries(all);
  leaveFree(parameters, ["timestamp", "nonce", "x-sign-uri"]);
  return { ...parameters, timestamp, nonce, "x-sign-uri": url.pathname };
}

/** Signs calls of the Cube API, signature version 2: the headers of a request with this URL and these fields of its body. */
export function cubeSigner(keyId: string, privateKey: string) {
  const key = createPrivateKey(privateKey);
  if (key.asymmetricKeyType !== "rsa") throw new SigningError("the private key is none of RSA");
  return (url: URL, body: object, timestamp = String(Date.now()), nonce = String(randomInt(1, 2 ** 31))) => ({
    Authorization: `LF ${keyId}/${rsa(content(cubeParameters(url, body, timestamp, nonce)), key)}`,
    timestamp,
    nonce,
    "X-LF-Signature-Type": "2.0",
  });
}

function rsa(text: string, key: KeyObject): string {
  try {
    return signRsa("RSA-SHA1", Buffer.from(text), key).toString("base64");
  } catch (cause) {
    const isPolicy = /invalid.digest|unsupported/i.test(String(cause));
    throw new SigningError(isPolicy ? POLICY : "the private key can't sign", { cause });
  }
}

const POLICY =
  "this system's policy forbids SHA-1 with RSA, which Cube requires: a policy of this process alone, named by OPENSSL_CONF, " +
  "can allow it; signers that do without the system's OpenSSL, as Go's and the Rust crate's, are not affected";
