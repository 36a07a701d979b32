#!/bin/sh
# SPDX-License-Identifier: MIT
# What measures is itself right: the programs of bench/ answer for the cases they are asked for, end where a verdict is another
# one than expected, and the report says what the figures say. Runs in the build directory; it measures nothing that counts.
set -eu
. ./tests/support/parts.sh
need_parts issuer azure jwt

source=${srcdir:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fault=0
fail() {
    echo "FAIL: $*"
    fault=1
}

# expect TITLE WANTED FOUND: the same words.
expect() {
    [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
}
names() { awk '{ print $2 }' | tr '\n' ' '; }

bench/cases "$work" 4
[ "$(wc -l <"$work/rs256/tokens")" -eq 4 ] || fail "there are not as many tokens as were asked for"
for dir in "$work"/*/alg; do
    set -- "$@" "${dir%/alg}"
done

expect 'one case of the floor' 'floor fresh  ' "$(echo rs256 | bench/floor "$@" | names)"
expect 'every case of the floor' 15 "$(echo | bench/floor "$@" | grep -c .)"
expect 'a case that is not there' . "$(echo rs1024 | bench/floor "$@")"
expect 'the azure plugin, and jwt' \
    'azure azure-many azure-garbage azure-expired azure-foreign azure-cached azure-cached-many jwt jwt-cached  ' \
    "$(echo rs256 | bench/tam "$PWD" "$@" | names)"
expect 'what Entra does not sign' 'jwt jwt-cached  ' "$(echo eddsa | bench/tam "$PWD" "$work/eddsa" | names)"
expect 'threads' 'one shared private processes ' \
    "$(echo | bench/threads "$PWD" "$work/rs256" | sed -n 's/^threads-cached-many //p' | awk '{ print $1 }' | tr '\n' ' ')"

# The last token, signed no more: everything that asks for it ends, and says which case it was.
cp -r "$work/rs256" "$work/broken"
sed -i '4s/.$/!/' "$work/broken/tokens"
for program in tam threads; do
    if echo | "bench/$program" "$PWD" "$work/broken" >"$work/said" 2>&1; then
        fail "bench/$program does not see a bad token: $(cat "$work/said")"
    fi
done

report() {
    mkdir -p "$work/out"
    python3 -B "$source/bench/report.py" "$work" "$work/out" >"$work/report"
}
row() { sed -n "s/^| *$1 *| *//p" "$work/report" | head -n 1 | tr -d ' |'; }

if command -v python3 >/dev/null; then
    # Four rounds on a machine that slows down, and one that warms up: within a round azure takes twice the floor's time.
    for round in 0 1 2 3 4; do
        echo "$round rs256 floor ${round}00"
        echo "$round rs256 azure $((round * 200))"
        echo "$round rs256 azure-cached ${round}"
        echo "$round rs256 azure-expired $((round * 10))"
        echo "$round rs256 libjwt -"
    done | sed '1,5s/ [0-9]*$/ 77/' >"$work/figures"
    echo 'libjwt not there: no <package>' >"$work/versions"
    {
        printf 'host-kib 1600\nlibraries-kib 1400\nmhd200_requests_per_s 60000\ntamd_hot_requests_per_s 30000\n'
        for figure in p50_us p90_us p99_us errors; do
            printf 'mhd200_%s 100\ntamd_hot_%s 200\n' "$figure" "$figure"
        done
    } >"$work/facts"
    report
    expect 'a ratio within rounds' '0.5atleast0.9NO' "$(row 'first seen \/ floor')"
    expect 'a cached one' '200atleast100yes' "$(row 'cached, one hot token \/ first seen')"
    expect 'what was not measured' '-atleast25NO' "$(row 'cached, all tokens \/ first seen')"
    expect 'a refusal' '10atleast5.7yes' "$(row 'refused, expired \/ floor')"
    expect 'a difference' '200atmost4096yes' "$(row 'memory of one process with one verifier, less what the libraries take, KiB')"
    expect 'the daemon beside a bare server' '0.5200200200200' "$(row 'tamd, one hot token')"
    grep -q '^- libjwt not there: no <package>$' "$work/report" || fail "the report does not say what is not there"
    python3 -c 'import json, sys, xml.dom.minidom as xml
assert json.load(open(sys.argv[1] + "/report.json"))["cases"]["rs256"]["azure"]["times_floor"] == 0.5
assert xml.parse(sys.argv[1] + "/report.svg").documentElement.tagName == "svg"' "$work/out" || fail "JSON or chart"
else
    echo 'skipped: there is no python3'
fi
exit $fault
