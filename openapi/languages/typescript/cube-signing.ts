// Signs calls of the Cube API (signature version 2), by the rule in `info.x-linksfield-guide` of `cube.yaml`.
import { createPrivateKey, randomInt, sign } from "node:crypto";
import { content } from "./signing";

/** All that is signed of a request: what is in its URL and headers as texts, and the fields of its body. */
export function signed(url: URL, body: object, timestamp: string, nonce: string): object {
  const parameters: Record<string, unknown> = { ...body };
  for (const [name, value] of url.searchParams) {
    if (name in parameters) throw new Error(`the parameter ${name} is there twice`);
    parameters[name] = value;
  }
  const taken = ["timestamp", "nonce", "x-sign-uri"].find((name) => name in parameters);
  if (taken) throw new Error(`the parameter ${taken} is set by the signing`);
  return { ...parameters, timestamp, nonce, "x-sign-uri": url.pathname };
}

/** The headers that sign a request with this URL and these fields of its body. */
export function cubeSigner(keyId: string, privateKey: string) {
  const key = createPrivateKey(privateKey);
  return (url: URL, body: object, timestamp = String(Date.now()), nonce = String(randomInt(1, 2 ** 31))) => {
    const text = content(signed(url, body, timestamp, nonce));
    let signature: Buffer;
    try {
      signature = sign("RSA-SHA1", Buffer.from(text), key);
    } catch (cause) {
      const what = "can't be signed: if this system's policy forbids SHA-1 with RSA, which Cube requires, see OPENSSL_CONF";
      throw new Error(what, { cause });
    }
    return {
      Authorization: `LF ${keyId}/${signature.toString("base64")}`,
      timestamp,
      nonce,
      "X-LF-Signature-Type": "2.0",
    };
  };
}
