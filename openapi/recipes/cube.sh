#!/bin/sh
# Gets a path of the Cube API, such as /sims, with curl and openssl alone; with `--headers` behind it prints what the call
# would be signed with. A path with a query needs each of its parameters in the content, as a text, in the order of names.
# Usage: LINKSFIELD_CUBE_BASE_URL=… LINKSFIELD_CUBE_KEY_ID=… LINKSFIELD_CUBE_PRIVATE_KEY_FILE=… ./cube.sh PATH [--headers]
# Where a system's policy forbids SHA-1 with RSA (RHEL 9 and its kin, FIPS), openssl refuses with "invalid digest": name a
# policy of this command alone by OPENSSL_CONF. Signers that do without it, as Go's and the Rust crate's, are not affected.
set -eu
timestamp=$(date +%s)000
nonce=$(($(od -An -N4 -tu4 /dev/urandom) % 2147483647 + 1))
url=${LINKSFIELD_CUBE_BASE_URL%/}$1
rest=${url#*://}
# What is signed: time, nonce and path, as texts.
content=$(printf '{"nonce":"%s","timestamp":"%s","x-sign-uri":"/%s"}' "$nonce" "$timestamp" "${rest#*/}")
sign=$(printf %s "$content" | openssl dgst -sha1 -sign "$LINKSFIELD_CUBE_PRIVATE_KEY_FILE" | openssl base64 -A)
[ -n "$sign" ] || exit 1
authorization="LF $LINKSFIELD_CUBE_KEY_ID/$sign"
if [ "${2:-}" = --headers ]; then
  printf 'Authorization: %s\ntimestamp: %s\nnonce: %s\n' "$authorization" "$timestamp" "$nonce"
  exit
fi
curl --silent --show-error --fail-with-body --header "Authorization: $authorization" --header "timestamp: $timestamp" \
  --header "nonce: $nonce" --header 'X-LF-Signature-Type: 2.0' "$url"
