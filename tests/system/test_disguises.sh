#!/bin/bash
# SPDX-License-Identifier: MIT
# The examples as an attacker would use them: every request in disguises/requests through nginx, HAProxy and Caddy, each set up as
# its example says, over HTTP/1.1 and HTTP/2, before tamd with the configuration that is shipped. Judged by what the server behind
# did. Servers are Flask and plain files, or those that are named; Express's packages are installed by interop/run.
#
#     test_disguises.sh [flask|express]...
# shellcheck disable=SC2034,SC2154
set -u
. "${srcdir:-.}/tests/support/proxy.sh"
need python3
attacks=$source/tests/disguises
[ $# -gt 0 ] || set -- flask
# Flask may be Debian's, while another Python is first in PATH.
python=
for each in python3 /usr/bin/python3; do
    [ -n "$python" ] || ! "$each" -c 'import flask' 2>/dev/null || python=$each
done
[ -n "$python" ] || [ "$*" = express ] || { echo "skipped: there is no Flask for python3"; exit 77; }

fronts=()
for front in nginx haproxy caddy; do
    command -v "$front" >/dev/null && fronts+=("$front") || echo "skipped: there is no $front"
done
[ ${#fronts[@]} -gt 0 ] || exit 77

mkdir -p "$work/www/docs"
echo 'ran read' >"$work/www/docs/file"
echo 'ran admin' >"$work/www/docs/admin"
start_entra
reader=$(mint --scope=read)
admin=$(mint --scope='read delete')
for row in api.example.com:read mcp.example.com:read files.example.com:delete; do
    cat >"$work/${row%:*}" <<SERVICE
resource url=https://${row%:*}/app
azure tenant_id=$tenant client_id=$client required_scopes=${row#*:} $issuer_options
SERVICE
done

# start_tamd FILE: with what is shipped, at this test's places.
start_tamd() {
    sed "/^\(listen\|admin\) /d; s|^service name=\([^ ]*\)|& file=$work/\1|" "$1" >"$work/tamd.conf"
    echo "listen address=unix:$work/tamd.sock" >>"$work/tamd.conf"
    rm -f "$work/tamd.ready" "$work/tamd.sock"
    start tamd "$build/tools/tamd/tamd" --config="$work/tamd.conf"
    tamd=$pid
}

# start_server NAME: sets `backend`, where it is, and `behind`, its pid; what it does is in $work/done.
start_server() {
    : >"$work/done"
    rm -f "$work/server.ready"
    case $1 in
    flask) start server "$python" "$attacks/flask_app.py" "$work/done" ;;
    express) start server "${NODE:-node}" "$build/tests/interop/express.mjs" "$work/done" ;;
    esac
    behind=$pid
    backend=127.0.0.1:${said#ready port=}
}

# attack FRONT BASE: every row, over both protocols.
attack() {
    for version in 1 2; do
        sockets=("$work/proxy.sock" "$work/proxy2.sock")
        : >"$work/done"
        python3 "$attacks/attack.py" "$attacks/requests" "$1" "${sockets[version - 1]}" "$version" "$2" "$work/done" \
            reader="$reader" admin="$admin" nobody= >"$work/attacked" 2>&1 || { cat "$work/attacked"; failed=$((failed + 1)); continue; }
        sed '$d' "$work/attacked"
        read -r rows faults < <(tail -n 1 "$work/attacked")
        passed=$((passed + rows - faults)) failed=$((failed + faults))
    done
}

start files python3 -u -m http.server --bind 127.0.0.1 --directory "$work/www" 0
files=127.0.0.1:$(sed 's/.* port \([0-9]*\) .*/\1/' <<<"$said")

# run CONFIG BASES FRONT SERVER START...: what START sets up, with that configuration and that server behind.
run() {
    start_tamd "$source/$1"
    start_server "$4"
    rm -rf "${work:?}/$3"
    "${@:5}"
    for base in $2; do
        attack "$1, $3, $4" "$base"
    done
    stop "$proxy"
    stop "$behind"
    stop "$tamd"
}

for server in "$@"; do
    bases=/app
    [ "$server" != flask ] || bases='/app /docs'
    for front in "${fronts[@]}"; do
        run examples/tamd.conf "$bases" "$front" "$server" "start_$front"
        run tests/disguises/tamd-verify.conf "$bases" "$front" "$server" "start_$front"
        run examples/hosts/tamd.conf /app/host "$front" "$server" "start_$front"
    done
    [ ! -d "$work/nginx" ] || run examples/mcp/tamd.conf /mcp nginx "$server" start_nginx mcp/nginx.conf
done
conclude disguises
