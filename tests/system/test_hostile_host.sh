#!/bin/bash
# SPDX-License-Identifier: MIT
# The azure plugin in a host that exports json_*, jwt_* and other symbols of another meaning: it uses its own, and so does libtam.
set -eu
. ./tests/support/parts.sh
need_parts tam issuer azure
. "${srcdir:-.}/scripts/lib.sh"

build=${abs_top_builddir:-$PWD}
host=$build/tests/hostile_host
work=$(mktemp -d)
issuer=
finish() {
    [ -z "$issuer" ] || { kill "$issuer" && wait "$issuer" || true; }
    rm -rf "$work"
}
trap finish EXIT

# The host really shows them, or this test would pass whatever a plugin does.
for name in json_object_get jwt_decode token_read json_read; do
    "$build/libtool" --mode=execute ${NM:-nm} -D --defined-only "$host" | grep -q " T $name\$" || { echo "FAILED: the host does not export $name"; exit 1; }
done

mkdir "$work/plugins"
cp "$build/plugins/azure/.libs/tam_azure.so" "$work/plugins"
chmod go-w "$work/plugins" "$work"/plugins/*
export TAM_PLUGIN_DIR=$work/plugins

start_issuer "$build/tools/issuer/tam-issuer" "$work/issuer"
echo "azure tenant_id=$tenant client_id=$client required_scopes=read $issuer_options" >"$work/service"
now=$(date +%s)
claims() { # EXP
    printf '{"aud":"%s","exp":%d,"iat":%d,"iss":"https://login.microsoftonline.com/%s/v2.0","nbf":%d,"oid":"%s",' \
        "$client" "$1" $((now - 10)) "$tenant" $((now - 10)) 33334444-dddd-5555-eeee-6666ffff7777
    printf '"scp":"read","sub":"s","tid":"%s","ver":"2.0"}' "$tenant"
}
mint() { "$build/tools/tam/tam" mint --dir "$work/issuer" --claims "$1"; }
good=$(mint "$(claims $((now + 600)))")
old=$(mint "$(claims $((now - 600)))")

printf 'Bearer %s\n' "$good" "$old" "${good%?????}" >"$work/values"
status=0
"$host" "$work/service" <"$work/values" >"$work/found" 2>"$work/log" || status=$?
cut -d' ' -f1,2 "$work/found" >"$work/short"
printf '1 200\n2 401\n3 401\n' >"$work/expected"
if [ "$status" -ne 0 ] || ! diff -u "$work/expected" "$work/short"; then
    echo "FAILED: exit status $status"
    cat "$work/log"
    exit 1
fi
echo "ok: an accept and two rejects among the host's own names"
