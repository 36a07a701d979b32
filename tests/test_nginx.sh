#!/bin/bash
# SPDX-License-Identifier: MIT
# A real nginx, with examples/nginx as users copy it, before files and a server: it asks tamd, tamd the azure plugin,
# and that a tam-issuer over HTTPS.
# shellcheck disable=SC2154
set -u
. "${srcdir:-.}/tests/support/proxy.sh"
need nginx
start_behind
mkdir -p "$work/site/public" "$work/temp"
echo 'for readers' >"$work/site/file.txt"
echo 'for anybody' >"$work/site/public/file.txt"

# The example, with this test's places in place of the user's. A line that is not there any more is a failure.
mkdir "$work/nginx"
cp -r "$source/examples/nginx/." "$work/nginx"
chmod -R u+w "$work/nginx"
site=$work/nginx/api.example.com.conf
place() { # LINE-OF-THE-EXAMPLE NEW
    grep -qxF -- "$1" <(sed 's/^ *//' "$site") || { echo "FAILED: the example has no line: $1"; exit 1; }
    awk -v old="$1" -v new="$2" '{ line = $0; sub(/^ */, "", line); print line == old ? new : $0 }' "$site" >"$work/new"
    mv "$work/new" "$site"
}
place 'server unix:/run/tam/tamd.sock;' "server unix:$work/tamd.sock;"
place 'listen 443 ssl http2;' "listen unix:$work/proxy.sock; listen unix:$work/proxy2.sock http2;"
place 'ssl_certificate /etc/ssl/certs/api.example.com.pem;' ''
place 'ssl_certificate_key /etc/ssl/private/api.example.com.key;' ''
place 'root /var/www/api.example.com;' "root $work/site;"
place 'proxy_pass http://127.0.0.1:3000;' "proxy_pass http://$backend;"
cat >"$work/nginx/nginx.conf" <<CONF
daemon off;
master_process off;
pid $work/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $work/temp/1;
    proxy_temp_path $work/temp/2;
    fastcgi_temp_path $work/temp/3;
    uwsgi_temp_path $work/temp/4;
    scgi_temp_path $work/temp/5;
    include api.example.com.conf;
}
CONF
nginx -c "$work/nginx/nginx.conf" -e stderr 2>"$work/nginx.log" &
pids="$! $pids"
eventually [ -S "$work/proxy.sock" ] || { cat "$work/nginx.log"; exit 1; }

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
