#!/usr/bin/env bash
# The tests that look at clocks, at processes or at counts of either, many times beside two busy processes: none may fail.
#
#   bash tests/busy.sh [TIMES] [what else pytest is given]
set -euo pipefail
cd "$(dirname "$0")/.."
times=${1:-20}
shift || true
export OMP_NUM_THREADS=1

busy=()
trap 'kill "${busy[@]}"' EXIT
for _ in 1 2; do
  .venv/bin/python -c "while True: pass" &
  busy+=($!)
done

failed=0
for turn in $(seq "$times"); do
  echo "turn $turn of $times"
  .venv/bin/python -m pytest -q -m clock "$@" || failed=$((failed + 1))
done
echo "$failed of $times turns failed"
[ "$failed" = 0 ]
