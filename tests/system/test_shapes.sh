#!/bin/bash
# SPDX-License-Identifier: MIT
# No token of max_token_size costs more than four times what a good one costs, refused or accepted, whatever its shape; and no key
# set and no service file more than so much for each of its bytes. The good one is of usual size, some 1,500 bytes, and
# max_token_size its default, 16 KiB; with a larger one a token may cost more in the same proportion: a byte costs what it did.
# Counted in instructions, by callgrind, which no busy machine disturbs. What OpenSSL takes of a token is that of the good one: its
# hash of more bytes is not ours. Runs in the build directory; skipped where there is no valgrind or no header of its.
set -u
. ./tests/support/parts.sh
need_parts issuer azure jwt
bound=4
grep -q "^CFLAGS='.*-O[23]" config.status || bound=8 # what is built to be debugged takes more steps everywhere
if ./config.status --config | grep -q -e sanitize; then echo 'skipped: valgrind and sanitizers do not run together'; exit 77; fi
command -v valgrind >/dev/null || { echo 'skipped: there is no valgrind'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run NAME ARGUMENT...: a profile for each of its rows, into $work/NAME
run() {
    mkdir "$work/$1"
    ./libtool --mode=execute valgrind -q --tool=callgrind '--toggle-collect=counted*' \
        --callgrind-out-file="$work/$1/profile" "bench/$1" "${@:2}" >"$work/log" 2>&1
    status=$?
    if [ $status -ne 0 ] && grep -q 'debuginfo reader' "$work/log"; then
        echo 'skipped: this valgrind cannot read what clang writes of debugging'
        exit 77
    fi
    if ! ls "$work/$1"/profile.1 >/dev/null 2>&1; then
        [ $status -ne 0 ] || { echo "skipped: bench/$1 was built without valgrind/callgrind.h"; exit 77; }
    fi
    [ $status -eq 0 ] || { tail "$work/log"; echo "FAIL: exit status $status"; exit 1; }
}

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

# judge SIZE: tokens of that many bytes
judge() {
    run shapes "$PWD" "$work" "$1"
    for profile in "$work"/shapes/profile.*; do
        awk "$count" "$profile"
    done >"$work/counts"
    rm -r "$work/shapes" "$work/issuer"
    awk -v bound=$((bound * $1 / 16384)) '
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
        }' "$work/counts" >"$work/table" || failed=1
    sort -rn "$work/table"
}

failed=0
judge 16384
judge 65536

# A plugin has to be loaded before anything is read: so much is free. The cost of checking a key is OpenSSL's.
free=5000000 each=$((bound * 250))
run documents "$PWD"
for profile in "$work"/documents/profile.*; do
    awk "$count" "$profile"
done | awk -v free=$free -v each=$each '
    {
        parts = split($1, part, "/")
        bad = $2 > free + each * part[parts]
        printf "%8.1f a byte %11d %s%s\n", $2 / part[parts], $2, $1, (bad ? "  TOO MANY" : "")
        if (bad) failed = 1
        rows++
    }
    END {
        if (rows < 25) { print "FAIL: rows are missing"; failed = 1 }
        exit failed
    }' >"$work/table" || failed=1
sort -rn "$work/table"
exit $failed
