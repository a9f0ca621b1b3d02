// The APIs: how each signs a call and reads an answer.
import { Client } from "./client.js";
import { asObject, hasAny, inWords, isObject, judge, number, scalar, truth, Unreadable, type Fields, type Said } from "./envelope.js";
import type { Json } from "./json.js";
import { place, type Operation, type Outgoing, type Parameters } from "./operation.js";
import { credential, inHeader, type Settings } from "./settings.js";
import { cubeParameters, cubeSigner, mallSigner, signer } from "./signing.js";

/** A client of the CSSS API. */
export class Csss extends Client {
  readonly #sign: ReturnType<typeof signer>;

  constructor({ accessCode, secret, ...settings }: Settings & { accessCode: string; secret: string }) {
    super(settings);
    this.#sign = signer(credential("accessCode", accessCode), credential("secret", secret));
  }

  protected sign(operation: Operation, baseUrl: string, parameters: Parameters): Outgoing {
    return place(operation, baseUrl, this.#sign(parameters));
  }

  protected read(_: Operation, __: number, answer: Json): Said {
    return enveloped(answer, "0000");
  }
}

/** A client of the eSIM QR Mall API. */
export class EsimQr extends Client {
  readonly #token: string;

  constructor({ accessToken, ...settings }: Settings & { accessToken: string }) {
    super(settings);
    this.#token = inHeader("accessToken", accessToken);
  }

  protected sign(operation: Operation, baseUrl: string, parameters: Parameters): Outgoing {
    return { ...place(operation, baseUrl, parameters), headers: { "x-access-token": this.#token } };
  }

  protected read(_: Operation, __: number, answer: Json): Said {
    return enveloped(answer, "0");
  }
}

function enveloped(answer: Json, successCode: string): Said {
  const envelope = asObject(answer);
  const said = judge(envelope, envelope.data ?? null, successCode);
  if (!said) throw new Unreadable("expected `code`, which says whether the call succeeded");
  return said;
}

/** A client of the Cube API. `privateKey` is a PEM text. */
export class Cube extends Client {
  readonly #sign: ReturnType<typeof cubeSigner>;

  constructor({ keyId, privateKey, ...settings }: Settings & { keyId: string; privateKey: string }) {
    super(settings);
    this.#sign = cubeSigner(inHeader("keyId", keyId), privateKey);
  }

  protected sign(operation: Operation, baseUrl: string, parameters: Parameters): Outgoing {
    cubeParameters(new URL(baseUrl), parameters, "", ""); // none of a caller's may be one of the signature's
    const placed = place(operation, baseUrl, parameters);
    return { ...placed, headers: { "accept-language": "en-US", ...this.#sign(placed.url, placed.fields) } };
  }

  protected read(_: Operation, status: number, answer: Json): Said {
    const whole = asObject(answer);
    const said = judge(asObject(whole.status), whole.data ?? null, "CB-00-0000");
    if (!said) throw new Unreadable("expected `status.code`, which says whether the call succeeded");
    if (said.accepted && (status < 200 || status > 299)) {
      throw new Unreadable(`it contradicts itself: its code says success, but HTTP ${status}`);
    }
    return said;
  }

  protected override isServerFailure(code: string): boolean {
    return code === "CB-99-9500" || code === "CB-99-9999";
  }
}

/** A client of one of the three services of the Mall API. */
export class Mall extends Client {
  readonly #sign: ReturnType<typeof mallSigner>;

  constructor({ partnerCode, ...settings }: Settings & { partnerCode: string }) {
    super(settings);
    this.#sign = mallSigner(credential("partnerCode", partnerCode));
  }

  protected sign(operation: Operation, baseUrl: string, parameters: Parameters): Outgoing {
    const tradeTime = operation.added?.includes("tradeTime") ? String(Date.now()) : undefined;
    return place(operation, baseUrl, this.#sign(parameters, tradeTime));
  }

  protected read(operation: Operation, status: number, answer: Json): Said {
    const fields = isObject(answer) ? answer : {};
    const code = "operateCode" in fields ? fields.operateCode : fields.success == null ? null : fields.code;
    const said = judge({ ...fields, code: code ?? null }, answer, "S");
    if (said?.accepted) return { ...said, data: fields.data ?? null };
    if (said) return said;
    if (truth(fields.success) === false) {
      return { accepted: false, code: "", message: inWords(fields.message) ?? "", data: answer };
    }
    if (isData(fields, answer, telling(operation)) && status >= 200 && status < 300) {
      return { accepted: true, data: answer, message: undefined };
    }
    throw new Unreadable("expected `operateCode`, which says whether the call succeeded");
  }
}

/** The fields by which an answer without an envelope is told from anything else: of what may order, the order's. */
function telling({ safeToRetry, ownOrderIds = [], fields = [] }: Operation): readonly string[] {
  return ownOrderIds.length > 0 && !safeToRetry ? ownOrderIds : fields;
}

function isData(fields: Fields, answer: Json, documented: readonly string[]): boolean {
  if ("operateCode" in fields && scalar(fields.operateCode) === undefined) return false;
  return documented.length > 0 ? hasAny(answer, documented) : !looksLikeAnError(fields);
}

function looksLikeAnError(fields: Fields): boolean {
  const status = number(scalar(fields.status) ?? "");
  const words = [fields.code, fields.message, fields.success].filter((word) => word != null).length;
  return "operateCode" in fields || (status !== undefined && status >= 400) || words >= 2;
}
