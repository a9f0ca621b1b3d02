#!/bin/sh
# A day of an operator: settings, a look at the network, a list, an order whose answer may get lost, its start and renewal,
# and a table for the office.
#
#   SERVER=https://… ACCESS_CODE=… SECRET=… SIM=… PLAN=… ./day.sh
set -eu
: "${SERVER:?the URL of the server}" "${ACCESS_CODE:?your access code}" "${SECRET:?its secret}"
: "${SIM:?the SIM}" "${PLAN:?the code of the plan}"

printf '%s\n%s\n%s\n' "$SERVER" "$ACCESS_CODE" "$SECRET" | linksfield configure csss --profile day
linksfield doctor csss --profile day

csss() {
  command=$1
  shift
  linksfield csss "$command" --profile day "$@"
}

# The SIM's orders, an id a line.
orders() {
  csss query-order --device-id "$SIM" --page-no 1 --page-size 50 --all --query orderCode | tr -d '"' | sort
}

csss sync-asset-info --output table

orders > before.txt
code=0
order=$(csss order-package --device-id "$SIM" --package-code "$PLAN" --package-name "A monthly plan" \
  --package-type monthly --order-period 1 --is-open start-later --global-order not-host-number \
  --pay-amount 0 --pay-rst unpaid --pay-type alipay --test-flow 0 --test-flow-flag no-test-data \
  --query order_id --yes) || code=$?
case $code in
  0) order=$(printf '%s' "$order" | tr -d '"') ;;
  9)
    # Whether it was placed is unknown, so it is not sent again: the list tells.
    orders > after.txt
    order=$(comm -13 before.txt after.txt)
    [ "$(printf '%s' "$order" | grep -c .)" = 1 ] || { echo "not exactly one new order: look at it by hand" >&2; exit 9; }
    echo "the answer was lost, the order was placed: $order" >&2
    ;;
  *) exit "$code" ;;
esac

csss open-package --order-id "$order" --yes
csss renew-package --order-id "$order" --renew-period 1 --yes
csss query-order --page-no 1 --page-size 50 --all --output csv > orders.csv
echo "$order"
