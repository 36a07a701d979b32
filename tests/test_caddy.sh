#!/bin/bash
# SPDX-License-Identifier: MIT
# A real Caddy, with examples/caddy as users copy it: what test_nginx.sh asks of nginx.
# shellcheck disable=SC2154
set -u
. "${srcdir:-.}/tests/support/proxy.sh"
need caddy
start_behind

# The example, with this test's places in place of the user's. A text that is not there any more is a failure.
cp "$source/examples/caddy/Caddyfile" "$work/site"
chmod u+w "$work/site"
place() { # OLD NEW
    grep -q -- "$1" "$work/site" || { echo "FAILED: the example has no $1"; exit 1; }
    sed -i "s|$1|$2|" "$work/site"
}
place '^api.example.com {' "http://api.example.com { \\n bind unix/$work/proxy.sock"
place 'unix//run/tam/tamd.sock' "unix/$work/tamd.sock"
place '127.0.0.1:3000' "$backend"
cat - "$work/site" >"$work/Caddyfile" <<CONF
{
    admin off
    auto_https off
}
CONF
HOME=$work XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work caddy run --adapter caddyfile --config "$work/Caddyfile" 2>"$work/caddy.log" &
pids="$! $pids"
eventually [ -S "$work/proxy.sock" ] || { cat "$work/caddy.log"; exit 1; }

judge
judge_outage
conclude caddy
