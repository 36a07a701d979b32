#!/bin/bash
# SPDX-License-Identifier: MIT
# A real nginx, with examples/nginx as users copy it, before files and a server: it asks tamd, tamd the azure plugin,
# and that a tam-issuer over HTTPS.
# shellcheck disable=SC2154
set -u
. "${srcdir:-.}/tests/support/proxy.sh"
need nginx
start_behind
mkdir -p "$work/www/public"
echo 'for readers' >"$work/www/file.txt"
echo 'for anybody' >"$work/www/public/file.txt"

start_nginx
judge

# ---- What nginx does besides

as "$good" /file.txt
answered 'a good token gets the file' 200 '^for readers$'
ask /file.txt
answered 'no token gets none' 401 "$(challenge '' "$read_scope")" '!for readers'
as "$(mint --scope=other)" /file.txt
answered 'nor one without the scope' 403 "$insufficient" '!for readers'
ask /public/file.txt
answered 'what is open needs no token' 200 '^for anybody$'
for header in Subject Issuer Tenant Client Kind Scopes Roles Expires Service; do
    as "$good" /app/events -H "X-Tam-$header: forged" -H "X-TAM-$header: forged" -H "X-Tam_$header: forged"
    answered "a forged X-Tam-$header does not pass where a location has headers of its own" 200 '^X-Accel-Buffering: no$' '!forged'
done
for uri in '/app/admin#x' http://other.example/app/admin; do
    as "$good" / --request-target "$uri"
    answered "$uri" 403 '!^GET'
done
ask /_tam
answered 'the question itself is nobody'"'"'s to ask' 404
as "$good" /_tam
answered 'nor with a token' 404

# The same over HTTP/2.
ask2() { ask "$1" --http2-prior-knowledge --unix-socket "$work/proxy2.sock" "${@:2}"; }
if curl --version | grep -q HTTP2; then
    ask2 /app/ -H "Authorization: Bearer $good" -H 'X-Tam-Subject: forged' -H 'x-tam-roles: forged'
    answered 'HTTP/2: a good token' 200 '^GET /app/$' '^X-Tam-Scopes: read$' '!forged'
    ask2 /app/
    answered 'HTTP/2: no token' 401 "$(challenge '' "$read_scope")"
    ask2 /app/admin -H "Authorization: Bearer $good"
    answered 'HTTP/2: the challenge of a 403' 403 "$(challenge insufficient_scope "$read_scope api://$client/delete")"
fi

judge_outage
conclude nginx
