# SPDX-License-Identifier: MIT
# Proxies before tamd, each as its example sets it up but for places, and what every one of them is held to: a script starts
# `backend`, tamd at $work/tamd.sock and a proxy, and calls `judge` and `judge_outage`. The site is http://api.example.com, at
# $work/proxy.sock, and over HTTP/2 at $work/proxy2.sock. Sourced; see daemons.sh.
# shellcheck shell=bash disable=SC2034,SC2154

. "${srcdir:-.}/tests/support/daemons.sh"
need curl

# place FILE OLD NEW: this test's place in a copy of an example for the user's. A text that is not there any more is a failure.
place() {
    local text
    text=$(cat "$1")
    [[ $text == *"$2"* ]] || { echo "FAILED: the example $1 has no: $2"; exit 1; }
    printf '%s\n' "${text//"$2"/"$3"}" >"$1"
}
# example NAME: a copy of the folder examples/NAME at $work/NAME, which may be written.
example() {
    cp -r "$source/examples/$1" "$work/$1"
    chmod -R u+w "$work/$1"
}
# start_proxy NAME COMMAND...: it listens at $work/proxy.sock when it is ready.
start_proxy() {
    rm -f "$work"/proxy*.sock
    "${@:2}" 2>"$work/$1.log" &
    proxy=$!
    pids="$proxy $pids"
    eventually [ -S "$work/proxy.sock" ] || { cat "$work/$1.log"; exit 1; }
}

# Each before `backend`, and before the plain files in $work/www where there are some.
# start_nginx [SITE]: the site's file in examples/nginx, or the one that is named.
start_nginx() {
    local site=$work/nginx/site.conf name
    example nginx
    cp "$source/examples/${1:-nginx/api.example.com.conf}" "$site"
    chmod u+w "$site"
    name=$(sed -n 's/.*server_name \(.*\);/\1/p' "$site")
    mkdir -p "$work/temp"
    place "$site" 'unix:/run/tam/tamd.sock' "unix:$work/tamd.sock"
    place "$site" 'listen 443 ssl http2;' "listen unix:$work/proxy.sock; listen unix:$work/proxy2.sock http2;"
    place "$site" "ssl_certificate /etc/ssl/certs/$name.pem;" ''
    place "$site" "ssl_certificate_key /etc/ssl/private/$name.key;" ''
    [ $# -gt 0 ] || place "$site" /var/www/api.example.com "$work/www"
    place "$site" 127.0.0.1:3000 "$backend"
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
    include site.conf;
}
CONF
    start_proxy nginx nginx -c "$work/nginx/nginx.conf" -e stderr
}
start_caddy() {
    local site=$work/caddy/Caddyfile
    example caddy
    place "$site" 'api.example.com {' "http:// {
	bind unix/$work/proxy.sock"
    place "$site" unix//run/tam/tamd.sock "unix/$work/tamd.sock"
    place "$site" /var/www/api.example.com "$work/www"
    place "$site" 127.0.0.1:3000 "$backend"
    cat - "$site" >"$work/Caddyfile" <<CONF
{
    admin off
    auto_https off
    servers {
        protocols h1 h2 h2c
    }
}
CONF
    start_proxy caddy env HOME="$work" XDG_DATA_HOME="$work" XDG_CONFIG_HOME="$work" \
        caddy run --adapter caddyfile --config "$work/Caddyfile"
    ln -s proxy.sock "$work/proxy2.sock"
}
# HAProxy serves no files: it has a server for them at `files`. With `broken` its script fails.
start_haproxy() {
    example haproxy
    place "$work/haproxy/tam.lua" unix@/run/tam/tamd.sock "unix@$work/tamd.sock"
    [ -z "${broken:-}" ] || place "$work/haproxy/tam.lua" 'local answer =' 'local answer = nil ..'
    place "$work/haproxy/haproxy.cfg" 'user haproxy' ''
    place "$work/haproxy/haproxy.cfg" 'group tam' ''
    place "$work/haproxy/haproxy.cfg" unix@/run/tam/tamd.sock "unix@$work/tamd.sock"
    place "$work/haproxy/haproxy.cfg" /etc/haproxy/tam.lua "$work/haproxy/tam.lua"
    place "$work/haproxy/haproxy.cfg" 'bind :443 ssl crt /etc/ssl/private/api.example.com.pem alpn h2,http/1.1' \
        "bind unix@$work/proxy.sock
    bind unix@$work/proxy2.sock proto h2"
    place "$work/haproxy/haproxy.cfg" 127.0.0.1:3000 "$backend"
    place "$work/haproxy/haproxy.cfg" 127.0.0.1:3001 "${files:-127.0.0.1:1}"
    start_proxy haproxy haproxy -db -f "$work/haproxy/haproxy.cfg"
}

# An issuer, a server behind at `backend`, tamd at $work/tamd.sock with its pid in `tamd`, and tokens.
start_behind() {
    start_entra
    start backend "$build/tests/support/backend"
    backend=127.0.0.1:${said#ready port=}
    cat >"$work/api" <<SERVICE
resource url=https://api.example.com/app name="An example"
azure tenant_id=$tenant client_id=$client required_scopes=read $issuer_options
SERVICE
    # Nobody listens there.
    cat >"$work/down" <<SERVICE
azure tenant_id=$tenant client_id=$client connect_to=login.microsoftonline.com:443:127.0.0.1:1 required_scopes=read
SERVICE
    cat >"$work/tamd.conf" <<CONF
listen  address=unix:$work/tamd.sock
service name=down file=$work/down path=/down default=verify
service name=api file=$work/api default=verify
route   path=/public access=open
route   path=/app/admin scopes=delete
route   path=/app/tools header=Mcp-Name:delete_* absent=refuse scopes=delete
route   method=DELETE scopes=delete
CONF
    start tamd "$build/tools/tamd/tamd" --config="$work/tamd.conf"
    tamd=$pid
    good=$(mint --scope=read)
    admin=$(mint --scope='read delete')
    bad=${good%.*}.$(mint --scope=read --subject=other | sed 's/.*\.//')
    metadata='resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/app"'
    read_scope="api://$client/read"
    invalid=$(challenge invalid_token "$read_scope")
    insufficient=$(challenge insufficient_scope "$read_scope")
}
challenge() { echo "^WWW-Authenticate: Bearer ${1:+error=\"$1\", }scope=\"$2\", $metadata"; }

# ask PATH CURL-OPTION...: the answer, head and body, is in $work/answer.
ask() {
    : >"$work/answer"
    curl -sS -i --max-time 20 --path-as-is --unix-socket "$work/proxy.sock" "${@:2}" "http://api.example.com$1" \
        2>"$work/curl" | tr -d '\r' >"$work/answer"
}
# as TOKEN PATH CURL-OPTION...
as() { ask "$2" -H "Authorization: Bearer $1" "${@:3}"; }
fault() {
    echo "FAILED: $name: $1"
    cat "$work/answer" "$work/curl"
    echo
    failed=$((failed + 1))
}
# answered NAME STATUS [PATTERN...]: a status that this describes, and a line that each pattern describes; with ! none does.
answered() {
    name=$1
    # Whoever is asked to go on is answered twice.
    grep '^HTTP/' "$work/answer" | grep -v ' 100 ' | grep -Eq "^HTTP/[12.]+ $2 " || { fault "not $2"; return; }
    for pattern in "${@:3}"; do
        case $pattern in
        !*) grep -Eiq -- "${pattern#!}" "$work/answer" && { fault "there is ${pattern#!}"; return; } ;;
        *) grep -Eiq -- "$pattern" "$work/answer" || { fault "there is no $pattern"; return; } ;;
        esac
    done
    passed=$((passed + 1))
}

# All but the outage, after which there is no tamd.
judge() {
    judge_tokens
    judge_operations
    judge_headers
    judge_uris
    judge_bodies
    judge_metadata
}

# Tokens, good and bad.
judge_tokens() {
    as "$good" /app/
    answered 'a good token reaches the server' 200 '^GET /app/$'
    ask /app/file
    answered 'no token' 401 "$(challenge '' "$read_scope")" '!^GET'
    ask /app/file -u alice:secret
    answered 'another scheme is no token' 401 "$(challenge '' "$read_scope")"
    ask /app/file -H 'Authorization: Bearer'
    answered 'a header that is no credential: a proxy would make 500 of 400' 401 '^WWW-Authenticate: Bearer error="invalid_request"'
    ask /app/file -H "Authorization: Bearer $good" -H "Authorization: Bearer $good"
    answered 'two tokens' '40[01]' '!^GET'
    for row in "expired:--scope=read --lifetime=-600" "for another application:--scope=read --audience=22222222-aaaa-2222-bbbb-3333cccc4444" \
        "of another tenant:--scope=read --tenant=11110000-0000-cccc-1111-dddd2222eeee" "unsigned:--scope=read --alg=none" \
        "of another cloud:--scope=read --authority=login.microsoftonline.us" "without scope and role:--app"; do
        # shellcheck disable=SC2086
        as "$(mint ${row#*:})" /app/file
        answered "a token ${row%%:*}" 401 "$invalid" '!^GET'
    done
    as "$bad" /app/file
    answered 'a token with the signature of another' 401 "$invalid" '!^GET'
    as garbage /app/file
    answered 'garbage' 401 "$invalid" '!^GET'
    as "$(mint --scope=other)" /app/file
    answered 'a token without the scope: the challenge passes' 403 "$insufficient" '!^GET'
    ask "/app/file?access_token=$good"
    answered 'a token in the URI is none' 401 "$(challenge '' "$read_scope")" '!^GET'
}

# What an operation needs.
judge_operations() {
    delete_scope=$(challenge insufficient_scope "$read_scope api://$client/delete")
    as "$good" /app/admin
    answered 'an operation that needs more names all of it' 403 "$delete_scope" '!^GET'
    as "$admin" /app/admin
    answered 'and lets in who has it' 200 '^GET /app/admin$'
    as "$good" /app/admin
    answered 'and still not who has it not' 403 "$delete_scope" '!^GET'
    as "$good" /app/file -X DELETE
    answered 'a method that needs more' 403 "$delete_scope" '!^DELETE'
    as "$good" /app/tools -H 'Mcp-Name: delete_all'
    answered 'a tool that needs more' 403 "$delete_scope" '!^GET'
    as "$admin" /app/tools -H 'Mcp-Name: delete_all'
    answered 'a tool, with what it needs' 200 '^GET /app/tools$'
    as "$good" /app/tools -H 'Mcp-Name: show'
    answered 'another tool' 200 '^GET /app/tools$'
}

# Headers of a client that would be somebody else, or would tell tamd of another request.
judge_headers() {
    as "$good" /app/
    answered 'what the server behind is told' 200 "^X-Tam-Tenant: $tenant$" '^X-Tam-Subject: ..*' '^X-Tam-Scopes: read$' \
        '^X-Tam-Kind: user$' '^X-Tam-Service: api$' '^X-Tam-Expires: [0-9]+$' '!^Authorization:' '!^X-Tam-Roles: .'
    for header in Subject Issuer Tenant Client Kind Scopes Roles Expires Service; do
        as "$good" /app/ -H "X-Tam-$header: forged" -H "X-Tam-$header: forged" -H "x-tam-${header,,}: forged" -H "X_Tam_$header: forged"
        answered "a forged X-Tam-$header does not pass" 200 '^GET /app/$' '!forged'
    done
    ask /public/../app/ -H 'X-Tam-Subject: forged'
    answered 'a forged header without a token' 403 '!forged'
    as "$good" /app/ -H $'X-Tam-Subject: forged\r\nX-Tam-Roles: forged'
    answered 'two forged headers in one' 200 '^GET /app/$' '!forged'
    as "$good" /app/ -H 'Connection: X-Tam-Subject, X-Tam-Scopes'
    answered 'a header that is declared to be the connection'"'"'s' 200 '^X-Tam-Scopes: read$'
    ask /app/ -H "Authorization: Bearer $good" -H 'Connection: Authorization'
    answered 'a token that is declared to be the connection'"'"'s' 200 '^GET /app/$'
    # What tells tamd of the request is the proxy's to say.
    for header in X-Forwarded-Uri X-Original-URI X-Original-URL X-Rewrite-URL X-Envoy-Original-Path; do
        ask /app/file -H "$header: /public/file"
        answered "$header of a client" '40[13]' '!^GET'
        as "$good" /app/admin -H "$header: /public/file"
        answered "$header of a client, with a token" 403 '!^GET'
    done
    as "$good" /app/file -X DELETE -H 'X-Forwarded-Method: GET' -H 'X-HTTP-Method-Override: GET'
    answered 'X-Forwarded-Method of a client' 403 '!^DELETE'
    ask /app/file -H 'X-Forwarded-Host: other.example' -H 'X-Tam-Service: down'
    answered 'X-Forwarded-Host of a client' 401 "$(challenge '' "$read_scope")"
    as "$good" /app/admin -H 'Connection: X-Forwarded-Uri'
    answered 'what tamd is told, declared to be the connection'"'"'s' 403 '!^GET'
    # What is in a token is written so that it can be in a header.
    now=$(date +%s)
    with_roles() { # JSON
        "$build/tools/tam/tam" mint --dir="$work/issuer" --claims="{\"aud\":\"$client\",\"iss\":\"https://login.microsoftonline.com/$tenant/v2.0\",
    \"tid\":\"$tenant\",\"ver\":\"2.0\",\"oid\":\"33334444-dddd-5555-eeee-6666ffff7777\",\"sub\":\"s\",\"scp\":\"read\",\"roles\":$1,
    \"iat\":$now,\"nbf\":$now,\"exp\":$((now + 600))}"
    }
    as "$(with_roles '["a,b","R\u00f4le"]')" /app/
    answered 'roles with a comma and an accent' 200 '^X-Tam-Roles: a%2Cb,R%C3%B4le$'
    as "$(with_roles '["a\r\nX-Tam-Kind: forged"]')" /app/
    answered 'a role with a line end is no good token' 401 '!forged'
}

# URIs that the proxy, tamd and the server behind might read differently: none reaches what needs more, none makes a 500.
judge_uris() {
    for uri in /app/./admin /app//admin //app/admin /app/x/../admin /app/%61dmin /app/admin/ /app/admin/x /app/admin? '/app/admin?x=/public' \
        /app/%2e/admin /app/x/%2e%2e/admin /app%2fadmin /app/admin%2f '/app/admin;x' '/app/;x/admin' '/app\admin' /app/admin%00 \
        /public/../app/admin /public/%2e%2e/app/admin /public/..%2fapp/admin '/public/..;/app/admin' /public//../app/admin \
        /app/admin%0d%0aX-Tam-Kind:x http://api.example.com/app/admin; do
        as "$good" / --request-target "$uri"
        answered "$uri" '40[03]' '!^GET'
        ask / --request-target "$uri"
        answered "$uri without a token" '40[013]' '!^GET'
    done
    for uri in /app/admin/ /app/%61dmin /app/admin?x http://api.example.com/app/admin; do
        as "$admin" / --request-target "$uri"
        answered "who may, may: $uri" 200 '^GET /app/admin/{0,1}$'
    done
}

# Bodies, methods, and a long token.
judge_bodies() {
    head -c 300000 /dev/zero >"$work/upload"
    as "$good" /app/ --data-binary "@$work/upload"
    answered 'a large body' 200 '^POST /app/$' '^Content-Length: 300000$'
    as "$good" /app/ --data-binary "@$work/upload" -H 'Transfer-Encoding: chunked' -H 'Expect: 100-continue'
    answered 'a body in chunks' 200 '^POST /app/$'
    ask /app/ --data-binary "@$work/upload"
    answered 'a large body without a token' 401 '!^POST'
    as "$good" /app/file -I
    answered 'HEAD' 200
    ask /app/file -I
    answered 'HEAD without a token' 401 "$(challenge '' "$read_scope")"
    as "$(mint --scope=read --header='{"alg":"RS256","typ":"JWT","x":"'"$(head -c 9000 /dev/zero | tr '\0' x)"'"}')" /app/file
    answered 'a token longer than proxies take by themselves reaches tamd' 401 "$invalid"
}

# The metadata.
judge_metadata() {
    ask /.well-known/oauth-protected-resource/app -H 'Origin: https://client.example'
    answered 'the metadata, to anybody' 200 '^Content-Type: application/json' '^Access-Control-Allow-Origin: \*' '^Cache-Control: .*max-age=' \
        '"resource":"https://api.example.com/app"' "\"scopes_supported\":\\[\"$read_scope\"\\]"
    as garbage /.well-known/oauth-protected-resource/app
    answered 'the metadata, to who has a bad token too' 200 '"resource":"https://api.example.com/app"'
    ask /.well-known/oauth-protected-resource/app -X OPTIONS -H 'Origin: https://client.example' -H 'Access-Control-Request-Method: GET' \
        -H 'Access-Control-Request-Headers: mcp-protocol-version'
    answered 'a browser that asks first' 204 '^Access-Control-Allow-Origin: \*' '^Access-Control-Allow-Headers: '
    ask /.well-known/oauth-protected-resource/other
    answered 'of another path there is none' 404
}

# Keys, and tamd, that are down; so it comes last.
judge_outage() {
    as "$good" /down/file
    answered 'no keys: come back later' 503 '^Retry-After: [0-9]+' '!^WWW-Authenticate'
    as "$good" /app/file
    answered 'and the other service goes on' 200 '^GET /app/file$'
    stop "$tamd" || name=tamd fault 'it does not stop'
    as "$good" /app/file
    answered 'no tamd: nobody comes in' '50[23]' '!^GET'
    ask /public/file
    answered 'not even where it is open' '50[23]' '!^GET'
}
