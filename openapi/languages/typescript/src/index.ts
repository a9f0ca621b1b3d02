// What all clients share. The clients are modules of their own: `linksfield/csss`, `mall`, `payment`, `topup`, `cube` and
// `esim-qr`; the signing alone is `linksfield/signing`.
export { type Answer } from "./client.js";
export { isLinksfieldError, type Kind, LinksfieldError } from "./errors.js";
export { type Json, readJson } from "./json.js";
export { type Operation } from "./operation.js";
export { type Settings } from "./settings.js";
export { SigningError } from "./signing.js";
