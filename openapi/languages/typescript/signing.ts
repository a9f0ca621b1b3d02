// Signs the parameters of a call, by the rule in the document's `info.x-linksfield-guide`.
import { createHmac } from "node:crypto";

export type Signed = { access_code: string; timestamp: string; version: string; sign: string };

const SIGNED = ["access_code", "timestamp", "version", "sign"];

/** The text that is signed: what is not empty, as compact JSON with its keys in ascending byte order. */
export function content(parameters: object): string {
  return canonical(Object.fromEntries(Object.entries(parameters).filter(([, value]) => !isEmpty(value))));
}

function canonical(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
}

function isEmpty(value: unknown): boolean {
  return value == null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
}

/** Adds the signed parameters to those of a call: the body of a request. */
export function signer(accessCode: string, secret: string) {
  return <P extends object>(parameters: P, timestamp = String(Math.floor(Date.now() / 1000))): P & Signed => {
    const taken = SIGNED.find((name) => name in parameters);
    if (taken) throw new Error(`the parameter ${taken} is set by the signing`);
    const body = { ...parameters, access_code: accessCode, timestamp, version: "2.0" };
    return { ...body, sign: createHmac("sha1", secret).update(content(body)).digest("base64") };
  };
}
