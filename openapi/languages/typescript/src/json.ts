// Reads JSON without rounding. `JSON.parse` makes 8985220220908997147 of 89852202209089971478, and says nothing.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What the text is not, or where it ends too early. */
export class JsonError extends Error {}

const TOKEN = /[ \t\n\r]*(?:([{}[\],:])|(")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;
const MOST_DEPTH = 512;

/**
 * Reads a JSON text. A number that would be rounded, and one in a field of `texts`, is the text of its digits. A key that
 * is there twice is an error.
 */
export function readJson(text: string, texts: ReadonlySet<string> = new Set()): Json {
  const token = new RegExp(TOKEN);
  const fail = (): never => {
    throw new JsonError(`it is no JSON at character ${token.lastIndex}`);
  };
  const next = () => token.exec(text) ?? fail();
  // No part of an expression: that would need a stack as deep as the text is long.
  const rest = (): string => {
    const start = token.lastIndex - 1;
    for (let end = text.indexOf('"', start + 1); end > 0; end = text.indexOf('"', end + 1)) {
      let before = end;
      while (text[before - 1] === "\\") before -= 1;
      token.lastIndex = end + 1;
      if ((end - before) % 2 === 0) return JSON.parse(text.slice(start, end + 1));
    }
    return fail();
  };
  const value = ([, sign, quote, number, word]: RegExpExecArray, field: string, depth: number): Json => {
    if (depth > MOST_DEPTH) return fail();
    if (quote) return rest();
    if (number) return texts.has(field) || isRounded(number) ? number : Number(number);
    if (word) return JSON.parse(word);
    return sign === "{" ? object(depth) : sign === "[" ? list(field, depth) : fail();
  };
  const list = (field: string, depth: number): Json[] => {
    const items: Json[] = [];
    for (let item = next(); items.length > 0 || item[1] !== "]"; item = next()) {
      items.push(value(item, field, depth + 1));
      const [, end] = next();
      if (end === "]") break;
      if (end !== ",") fail();
    }
    return items;
  };
  const object = (depth: number): { [name: string]: Json } => {
    const fields = new Map<string, Json>();
    for (let key = next(); fields.size > 0 || key[1] !== "}"; key = next()) {
      const name = key[2] ? rest() : fail();
      if (next()[1] !== ":") return fail();
      if (fields.has(name)) throw new JsonError("a key is there twice");
      fields.set(name, value(next(), name, depth + 1));
      const [, end] = next();
      if (end === "}") break;
      if (end !== ",") fail();
    }
    return Object.fromEntries(fields);
  };
  try {
    const read = value(next(), "", 0);
    return text.slice(token.lastIndex).trim() === "" ? read : fail();
  } catch (error) {
    throw error instanceof JsonError ? error : new JsonError("it is no JSON");
  }
}

/** What matters in a JSON text: its marks, pairs of halves, other escapes, and what may not stand there. */
const PIECE = /"|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\["\\/bfnrt]|[\\\u0000-\u001f]/g;

/** JSON with each escape that stands for no character replaced, and each control character in a text escaped. */
export function repaired(text: string): string {
  let inText = false;
  return text.replace(PIECE, (piece) => {
    if (piece === '"') inText = !inText;
    else if (inText && /^\\u[dD][89a-fA-F]..$/.test(piece)) return "\\ufffd";
    else if (inText && piece.length === 1) return piece === "\\" ? "\\\\" : `\\u${piece.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return piece;
  });
}

/** Whether a number has digits that a double can't hold. */
function isRounded(number: string): boolean {
  const [digits = ""] = number.replace(/^-/, "").split(/[eE]/);
  const significant = digits.replace(".", "").replace(/^0+/, "");
  return significant.length > 15 && !(Number.isSafeInteger(Number(number)) && String(Number(number)) === number);
}
