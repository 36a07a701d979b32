#!/bin/sh
# SPDX-License-Identifier: MIT
# Says which test programs were not built, and what each would have needed: `make check` of a build without tamd, say, has skipped
# them. Passes where all are there. Runs in the build directory; see tests_needing in tests/local.mk.
set -eu
. ./tests/support/parts.sh

left_out=0
for each in ${TAM_TESTS_NEEDING:-}; do
    program=${each%%:*}
    # shellcheck disable=SC2046
    missing=$(parts_missing $(echo "${each#*:}" | tr : ' '))
    [ -n "$missing" ] || continue
    left_out=$((left_out + 1))
    say_skipped "$program: built without$missing"
done
[ "$left_out" -eq 0 ] || exit 77
echo "left_out: none"
