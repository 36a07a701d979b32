# SPDX-License-Identifier: MIT
# For scripts that test tamd among other programs: an issuer with the azure plugin that asks it, programs that say that they are
# ready, and an end of all of them. Sourced in the build directory; sets `build`, `source`, `work`.
# shellcheck shell=bash disable=SC2034,SC2154

build=$PWD
source=${srcdir:-.}
top=$source
. ./tests/support/parts.sh
need_parts tam tamd issuer azure
. "$source/scripts/lib.sh"
PATH=$PATH:/usr/sbin
umask 077
work=$(mktemp -d)
pids=
passed=0 failed=0

# need COMMAND...: the test is skipped where one is not there.
need() {
    for each in "$@"; do
        command -v "$each" >/dev/null || { echo "skipped: there is no $each"; exit 77; }
    done
}

# stop PID: false when it did not end when it was told to.
stop() {
    kill "$1" 2>/dev/null || return 0
    timeout 20 tail --pid="$1" -f /dev/null || { kill -KILL "$1"; return 1; }
    wait "$1" 2>/dev/null
}
finish() {
    for pid in $pids; do
        stop "$pid"
    done
    rm -rf "$work"
}
trap finish EXIT

# start NAME COMMAND...: in the background, with its log in $work/NAME.log; sets `pid`, and `said`, its first line.
start() {
    mkfifo "$work/$1.ready"
    "${@:2}" >"$work/$1.ready" 2>"$work/$1.log" &
    pid=$!
    pids="$pid $pids"
    said=
    read -r said <"$work/$1.ready" || { cat "$work/$1.log"; exit 1; }
}

# eventually COMMAND...: it succeeds within ten seconds.
eventually() {
    for _ in $(seq 200); do
        "$@" && return
        sleep 0.05
    done
    return 1
}

# An issuer, and the plugin. A copy: the build directory may be writable by a group, and then libtam loads nothing from it.
start_entra() {
    start_issuer "$build/tools/issuer/tam-issuer" "$work/issuer"
    pids="$issuer $pids"
    mkdir "$work/plugins"
    cp "$build/plugins/azure/.libs/tam_azure.so" "$work/plugins"
    chmod go-w "$work/plugins/tam_azure.so"
    export TAM_PLUGIN_DIR=$work/plugins
}
mint() { "$build/tools/tam/tam" mint --dir="$work/issuer" --tenant="$tenant" --audience="$client" "$@"; }

# Check's own last line, and the exit status.
conclude() {
    echo "$1: Checks: $((passed + failed)), Failures: $failed, Errors: 0"
    [ "$failed" -eq 0 ]
}
