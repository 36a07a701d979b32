#!/bin/bash
# SPDX-License-Identifier: MIT
# What programs read of tam and tamd is what doc/schema describes, member for member, and tamd(8) names every metric with its type.
set -u
shopt -s lastpipe # what is counted behind a pipe counts
. ./tests/support/parts.sh
need_parts check tam tamd issuer azure jwt
build=$PWD
source=${srcdir:-.}
tam=$build/tools/tam/tam
conforms=$build/tests/support/conforms
work=$(mktemp -d)
children=
stop() {
    for each in $children; do
        kill "$each" && wait "$each"
    done 2>/dev/null
    rm -rf "$work"
}
trap stop EXIT
passed=0 failed=0
mkdir "$work/plugins"
cp "$build"/tests/plugins/.libs/tam_puppet.so "$build"/plugins/*/.libs/tam_*.so "$work/plugins" || exit 1
chmod go-w "$work/plugins" "$work"/plugins/*
export TAM_PLUGIN_DIR=$work/plugins
unset HTTPS_PROXY https_proxy ALL_PROXY all_proxy

verdict() { # WHAT WANTED STATUS: of what is in $work/log
    if [ "$2" -eq "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1: exit status $3, expected $2"
        cat "$work/document" "$work/log"
    fi
}

# describes SCHEMA WHAT: standard input is such a document.
describes() {
    cat >"$work/document"
    [ -s "$work/document" ] || echo 'no document' >"$work/document"
    "$conforms" "$source/doc/schema/$1.json" <"$work/document" >"$work/log"
    verdict "$1.json: $2" 0 $?
}

# sees SCHEMA DOCUMENT SED: the document that conforms does not when the expression has changed it.
sees() {
    sed "$3" "$2" >"$work/document"
    ! cmp -s "$2" "$work/document" || echo "FAILED: $3 changes nothing"
    "$conforms" "$source/doc/schema/$1.json" <"$work/document" >"$work/log"
    verdict "$1.json sees $3" 1 $?
}

for token in accept.1 reject.10 unavailable.3 verdict.99 'a b' ''; do
    "$tam" verify --json --config=puppet "$token" 2>/dev/null | describes verify "verify of '$token'"
    "$tam" explain --json --config=puppet "$token" 2>/dev/null | describes verify "explain of '$token'"
done
"$tam" verify --json --config='puppet scopes=read,write' accept.1 >"$work/verify" 2>/dev/null
describes verify 'the control' <"$work/verify"
for change in 's/"verdict"/"verdikt"/' 's/"status":200/"status":"200"/' 's/"status":200/"status":204/' 's/"accept"/"fine"/' \
    's/"kind":"[a-z]*",//' 's/"scopes":\[[^]]*\]/"scopes":"read"/' 's/"scopes":\["/"scopes":[1,"/' 's/"principal":{/&"more":1,/' 's/}$/,"more":null}/'; do
    sees verify "$work/verify" "$change"
done

tenant=aaaabbbb-0000-cccc-1111-dddd2222eeee client=00001111-aaaa-2222-bbbb-3333cccc4444
mkfifo "$work/ready" "$work/serving" # a fifo each: who holds the other end open would hide that one ended
"$build/tools/issuer/tam-issuer" --dir="$work/issuer" --name=login.microsoftonline.com >"$work/ready" 2>"$work/issuer.log" &
children=$!
read -r _ port ca <"$work/ready"
printf 'resource url=https://api.example.com/\nazure tenant_id=%s client_id=%s required_scopes=read ca_file=%s connect_to=login.microsoftonline.com:443:127.0.0.1:%s\n' \
    $tenant $client "${ca#ca=}" "${port#port=}" >"$work/azure"
sed "s/:127.0.0.1:.*/:127.0.0.1:1/" "$work/azure" >"$work/unreachable"
"$tam" describe --json --config=puppet 2>/dev/null | describes describe 'of the puppet'
"$tam" describe --any-owner --service="$work/azure" 2>/dev/null | describes describe 'of azure'
"$tam" check --json --config=puppet | describes check 'good'
"$tam" check --json --config='puppet init=no' | describes check 'a fault'
"$tam" check --json --service="$work/nowhere" | describes check 'no file'
"$tam" check --json --any-owner --service="$work/azure" | describes check 'a warning'
"$tam" check --json --fetch --any-owner --service="$work/unreachable" | describes check 'no keys'
"$tam" check --json --fetch --any-owner --service="$work/azure" >"$work/check"
describes check 'the keys of azure' <"$work/check"
grep -q '"keyset":{"url":"https.*"last_error":""' "$work/check" || { echo 'FAILED: no key set in it'; failed=$((failed + 1)); }
for change in 's/"age"/"old"/' 's/"keys":[0-9]*/"keys":null/' 's/"line":[0-9]*,//' 's/"level":"warning"/"level":"note"/'; do
    sees check "$work/check" "$change"
done
"$tam" plugins --json | describes plugins 'all'
for name in azure jwt puppet resource service; do
    "$tam" plugins --json $name | describes plugins "$name"
done
echo 'not an object' >"$work/plugins/tam_broken.so"
"$tam" plugins --json | describes plugins 'a broken one'
rm "$work/plugins/tam_broken.so"

# ---- tamd
get() { # PATH: the body
    exec 5<>"/dev/tcp/127.0.0.1/$port" && printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" >&5 && sed '1,/^\r$/d' <&5
}
echo puppet >"$work/puppet"
cat >"$work/tamd.conf" <<END
listen address=127.0.0.1:0
admin address=127.0.0.1:0
service name=azure file=$work/azure host=azure.example
service name=puppet file=$work/puppet
END
"$build/tools/tamd/tamd" --any-owner --config="$work/tamd.conf" >"$work/serving" 2>"$work/tamd.log" &
children="$children $!"
read -r _ _ port <"$work/serving" || { cat "$work/tamd.log"; exit 1; }
port=${port##*:}
get /status | describes tamd-status '/status'
get /metrics | sed -n 's/^# TYPE //p' | sort >"$work/metrics"
sed -n 's/^\.It Li \([a-z_]*\) Pq \([a-z]*\).*/\1 \2/p' "$source/tools/tamd/tamd.8" | sort >"$work/manual"
[ -s "$work/metrics" ] && diff -u "$work/manual" "$work/metrics" >"$work/log"
: >"$work/document"
verdict 'tamd(8) names every metric and its type' 0 $?

echo "schemas: Checks: $((passed + failed)), Failures: $failed, Errors: 0"
[ "$failed" -eq 0 ] && [ "$passed" -gt 40 ]
