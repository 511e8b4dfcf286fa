#!/usr/bin/env bash
# Every shell script of ours, through shellcheck; skipped (77) where there is none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v shellcheck >/dev/null || exit 77
find . -name node_modules -prune -o -path './build*' -prune -o -path './subprojects/*/*' -prune -o \
    -name '*.sh' -print0 | xargs -0 shellcheck dev .ci/run
