#!/bin/sh
# SPDX-License-Identifier: MIT
# Every test that doc/conformance.md names is there: `FILE: NAME`, a file of tests/ and words of a test in it.
set -u
source=${srcdir:-.}
passed=0 failed=0
list=$(mktemp)
trap 'rm -f "$list"' EXIT
grep -o '`[a-z_./]*\.\(c\|sh\|mjs\): [^`]*`' "$source/doc/conformance.md" | tr -d '`' | sort -u >"$list"
while IFS= read -r row; do
    file=$source/tests/${row%%: *} name=${row#*: }
    case $file in
    *.c) name="START_TEST($name)" ;;
    esac
    if grep -qF -- "$name" "$file"; then
        passed=$((passed + 1))
    else
        echo "FAILED: doc/conformance.md: no such test: $row"
        failed=$((failed + 1))
    fi
done <"$list"
[ "$passed" -gt 0 ] || failed=$((failed + 1))
echo "conformance table: Checks: $((passed + failed)), Failures: $failed, Errors: 0"
[ "$failed" -eq 0 ]
