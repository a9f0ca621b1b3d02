#!/bin/sh
# Lists the orders of a SIM by the CSSS API, with curl and openssl alone.
# Usage: LINKSFIELD_BASE_URL=… LINKSFIELD_ACCESS_CODE=… LINKSFIELD_SECRET=… ./csss.sh SIM
# While it runs, others on this machine can see the secret in the list of processes: openssl takes it as an argument.
set -eu
# What is signed: the parameters that are not empty in the order of their names, without white space.
content=$(printf '{"access_code":"%s","device_id":"%s","page_no":1,"page_size":10,"timestamp":"%s","version":"2.0"}' \
  "$LINKSFIELD_ACCESS_CODE" "$1" "$(date +%s)")
sign=$(printf %s "$content" | openssl dgst -sha1 -hmac "$LINKSFIELD_SECRET" -binary | openssl base64 -A)
# What is sent: the same, with the signature behind.
printf '%s,"sign":"%s"}' "${content%\}}" "$sign" |
  curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' --data-binary @- \
    "${LINKSFIELD_BASE_URL%/}/package/queryOrder"
