#!/bin/bash
# SPDX-License-Identifier: MIT
# wrk against tamd on loopback, and against libmicrohttpd that answers 200 and does nothing: requests a second, latencies,
# errors, memory. One token again and again, and a hundred in turn. Prints `NAME VALUE` lines; ten seconds in all.
#
#     bench/tamd.sh BUILDDIR
# shellcheck disable=SC2154
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/scripts/lib.sh"
built=$(cd "${1:?usage: bench/tamd.sh BUILDDIR}" && pwd)
install_packages wrk
make -s -C "$built" bench/mhd200 >&2
rounds=2 connections=32

work=$(mktemp -d)
pids=
finish() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
umask 077

# start NAME COMMAND...: sets `pid`, and `ready`, its first line.
start() {
    mkfifo "$work/$1.ready"
    "${@:2}" >"$work/$1.ready" 2>"$work/$1.log" &
    pid=$! pids="$! $pids"
    read -r ready <"$work/$1.ready" || { cat "$work/$1.log" >&2; die "$1 did not start"; }
}

start_issuer "$built/tools/issuer/tam-issuer" "$work/issuer"
pids=$issuer
for i in $(seq 100); do
    "$built/tools/tam/tam" mint --dir="$work/issuer" --scope=read --subject="33334444-dddd-5555-eeee-$(printf %012d "$i")"
done >"$work/tokens"
head -n 1 "$work/tokens" >"$work/hot"
mkdir "$work/plugins"
cp "$built/plugins/azure/.libs/tam_azure.so" "$work/plugins"
chmod go-w "$work/plugins/tam_azure.so"
echo "azure tenant_id=$tenant client_id=$client required_scopes=read $issuer_options" >"$work/service"
start mhd200 "$built/bench/mhd200"
bare=http://127.0.0.1:${ready#ready port=}/auth
echo "listen address=127.0.0.1:0
service name=quiet file=$work/service
log access=no" >"$work/quiet"
start quiet "$built/tools/tamd/tamd" --plugin-dir="$work/plugins" --config="$work/quiet"
ready=${ready#*main=}
quiet=http://${ready%% *}/auth
start tamd "$built/tools/tamd/tamd" --plugin-dir="$work/plugins" --service="$work/service" --listen=127.0.0.1:0
ready=${ready#*main=}
url=http://${ready%% *}/auth
cat >"$work/tokens.lua" <<'LUA'
local requests, at = {}, 0
function init(args)
    for token in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("GET", nil, { Authorization = "Bearer " .. token })
    end
end
function request()
    at = at % #requests + 1
    return requests[at]
end
LUA

# run NAME URL TOKENS: the figures of one second of wrk.
run() {
    wrk -t1 -c"$connections" -d1 --latency -s "$work/tokens.lua" "$2" -- "$work/$3" >"$work/wrk"
    awk -v name="$1" '
        function us(text) { return text ~ /us$/ ? text + 0 : text ~ /ms$/ ? text * 1000 : text * 1000000 }
        $1 == "50%" || $1 == "90%" || $1 == "99%" { printf "%s_p%d_us %.0f\n", name, $1, us($2) }
        /Socket errors/ { for (i = 4; i <= NF; i += 2) errors += $i }
        /Non-2xx/ { errors += $NF }
        /^Requests\/sec/ { printf "%s_requests_per_s %.0f\n", name, $2 }
        END { printf "%s_errors %d\n", name, errors }' "$work/wrk"
}
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"; }

# A first round only warms up: connections, threads and the verdict cache are there when memory is read.
run warm "$url" tokens >/dev/null
before=$(memory)
for _ in $(seq "$rounds"); do
    run mhd200 "$bare" hot
    run tamd_hot "$url" hot
    run tamd_100_tokens "$url" tokens
    run tamd_no_access_log "$quiet" hot
done >"$work/figures"
after=$(memory)

# Of each figure the better one, for others use the machine; of errors all.
sort -k1,1 -k2,2n "$work/figures" | awk '
    $1 != name { show() }
    { name = $1; of[++count] = $2; sum += $2 }
    function show() {
        if (count)
            print name, name ~ /_errors$/ ? sum : of[name ~ /_per_s$/ ? count : 1]
        count = sum = 0
    }
    END { show() }'
echo "tamd_rss_kb $after"
echo "tamd_rss_growth_kb $((after - before))"
