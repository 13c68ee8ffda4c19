#!/bin/sh
# Stand-in for kvmtest-run: boots nothing, prints its arguments and passes. `report` writes them
# to the page, its last argument, and ends with $FAKE_REPORT_STATUS.
if [ "$1" = report ]; then
  for page; do :; done
  echo "$*" > "$page"
  exit "${FAKE_REPORT_STATUS:-0}"
fi
echo "PASS fake: $*"
