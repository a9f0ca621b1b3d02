#!/bin/sh
# Lists the orders of a card by the Mall API, with curl and openssl alone. There is no secret in this signature.
# Usage: LINKSFIELD_MALL_BASE_URL=… LINKSFIELD_MALL_PARTNER_CODE=… ./mall.sh CARD
set -eu
# What is signed: the parameters that are not empty in the order of their names, without white space.
content=$(printf '{"deviceCode":"%s","languageCode":"1","mark":"0","partnerCode":"%s","terminal":"0",' "$1" \
  "$LINKSFIELD_MALL_PARTNER_CODE"; printf '"tradeTime":"%s000","tradeType":"singleQueryOrder","version":"3.0"}' "$(date +%s)")
sign=$(printf %s "$content" | openssl dgst -md5 -r | cut -d ' ' -f 1)
# What is sent: the same, with the signature behind.
printf '%s,"sign":"%s"}' "${content%\}}" "$sign" |
  curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' --data-binary @- \
    "${LINKSFIELD_MALL_BASE_URL%/}/singleQueryOrder"
