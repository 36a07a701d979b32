#!/bin/sh
# SPDX-License-Identifier: MIT
# Every test that a page of doc/ names is there: `FILE: NAME`, a file of tests/ and words of a test in it.
set -u
source=${srcdir:-.}
passed=0 failed=0
list=$(mktemp)
trap 'rm -f "$list"' EXIT

fail() {
    echo "FAILED: $1"
    failed=$((failed + 1))
}

# look PAGE: every name in it; a page without one has lost its table.
look() {
    grep -o '`[a-z_./]*\.\(c\|sh\|mjs\): [^`]*`' "$1" | tr -d '`' | sort -u >"$list"
    [ -s "$list" ] || fail "$1 names no test"
    while IFS= read -r row; do
        file=$(find "$source/tests" "$source/plugins" -name "$(basename "${row%%: *}")" | head -n 1) name=${row#*: }
        case $file in
        *.c) name="START_TEST($name)" ;;
        esac
        if grep -qF -- "$name" "$file"; then
            passed=$((passed + 1))
        else
            fail "$1: no such test: $row"
        fi
    done <"$list"
}

look "$source/doc/conformance.md"
look "$source/doc/keysets.md"
look "$source/doc/fastmcp.md"
echo "tables: Checks: $((passed + failed)), Failures: $failed, Errors: 0"
[ "$failed" -eq 0 ]
