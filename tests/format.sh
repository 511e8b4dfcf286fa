#!/usr/bin/env bash
# Holds every C++ file against .clang-format. Another version than 14 would format differently, so
# without it the test is skipped (77).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v clang-format-14 >/dev/null || exit 77
find src tests bench game-demo -name node_modules -prune -o -name '*.[ch]pp' -print0 |
    xargs -0 clang-format-14 --dry-run -Werror
