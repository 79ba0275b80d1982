#!/usr/bin/env bash
# Everything that must hold before a change lands: lint, types, tests, a real browser. Makes its own environment in .venv.
#
#   bash tests/run.sh              all of it
#   bash tests/run.sh tests/training/test_run.py -k resume    what pytest is given instead of the whole suite
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
[ -x .venv/bin/python ] || "$python" -m venv .venv
here=$(.venv/bin/python tests/constraints.py --here)
constraints=()
if [ "$here" = "$(head -n 1 tests/constraints.txt 2>/dev/null)" ]; then
  constraints=(-c tests/constraints.txt)
else
  echo "No tests/constraints.txt for this machine ($here): pip resolves versions anew." >&2
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt "${constraints[@]}"

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$chromium" ]; then
  echo "No Chromium found: installing Debian's." >&2
  as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null
  chromium=$(command -v chromium)
fi

export CHROMIUM=$chromium
export OMP_NUM_THREADS=1  # two cores are shared by the tests, their workers and the browser
export PYTHONPATH=.
.venv/bin/python -m ruff check .
.venv/bin/python -m ruff format --check .
.venv/bin/python -m mypy
# One process for the browser, which comes first and waits a lot, two for all else.
[ $# -gt 0 ] || set -- -n 3 --dist loadscope --no-loadscope-reorder
exec .venv/bin/python -m pytest "$@"
