#!/bin/bash
# SPDX-License-Identifier: MIT
# No token of max_token_size costs more than four times what a good one of usual size costs, refused or accepted, whatever its shape.
# Counted in instructions, by callgrind, which no busy machine disturbs. What OpenSSL takes of a token is that of the good one: its
# hash of more bytes is not ours. Runs in the build directory; skipped where there is no valgrind or no header of its.
set -u
bound=4
grep -q "^CFLAGS='.*-O[23]" config.status || bound=8 # what is built to be debugged takes more steps everywhere
if ./config.status --config | grep -q -e sanitize; then echo 'skipped: valgrind and sanitizers do not run together'; exit 77; fi
command -v valgrind >/dev/null || { echo 'skipped: there is no valgrind'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

./libtool --mode=execute valgrind -q --tool=callgrind --toggle-collect=counted --callgrind-out-file="$work/profile" \
    bench/shapes "$PWD" "$work" "$@" >"$work/log" 2>&1
status=$?
if grep -q 'debuginfo reader' "$work/log"; then echo 'skipped: this valgrind cannot read what clang writes of debugging'; exit 77; fi
if ! ls "$work"/profile.1 >/dev/null 2>&1; then
    [ $status -ne 0 ] || { echo 'skipped: bench/shapes was built without valgrind/callgrind.h'; exit 77; }
fi
[ $status -eq 0 ] || { tail "$work/log"; echo "FAIL: exit status $status"; exit 1; }

# As in scripts/instructions: a line "POSITION COST" is of the function above it; behind "calls=" it is what that call cost in all.
count='
function object(text,    id) {
    id = text; sub(/^[a-z]+=/, "", id); sub(/ .*/, "", id)
    if (text ~ / /) crypto[id] = (text ~ /libcrypto/)
    return id
}
/^desc: Trigger: Client Request: / { name = $5 }
/^ob=/ { here = object($0) }
/^cob=/ { there = object($0); given = 1 }
/^calls=/ { call = 1; if (!given) there = here; given = 0; next }
/^[0-9+*-]/ {
    if (!call) total += $2
    else if (crypto[there] && !crypto[here]) foreign += $2
    call = 0
}
END { if (name != "") print name, total - foreign, foreign + 0 }'
for profile in "$work"/profile.*; do
    awk "$count" "$profile"
done >"$work/counts"

awk -v bound=$bound '
    { split($1, part, "/"); ours[$1] = $2; foreign[$1] = $3; of[$1] = part[1] "/good"; rows++ }
    END {
        for (row in ours) {
            good = of[row]
            if (!(good in ours)) { print "FAIL: no row " good; exit 1 }
            least = foreign[row] < foreign[good] ? foreign[row] : foreign[good]
            ratio = (ours[row] + least) / (ours[good] + foreign[good])
            printf "%5.2f %9d %s%s\n", ratio, ours[row], row, (ratio > bound ? "  TOO MANY" : "")
            if (ratio > bound) failed = 1
        }
        if (rows < 100) { print "FAIL: rows are missing"; failed = 1 }
        exit failed
    }' "$work/counts" >"$work/table"
status=$?
sort -r "$work/table"
exit $status
