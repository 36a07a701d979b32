#!/bin/bash
# SPDX-License-Identifier: MIT
# What administrators get wrong, one row each: `tam check` names the cause in its sentence, never repeats what may be a secret, and
# passes what is only unusual; and what is pasted in a token's place, which `tam verify` and `tam explain` name. Runs in the build
# directory.
# shellcheck disable=SC2016
set -u
. ./tests/support/parts.sh
need_parts tam issuer azure jwt
build=$PWD
tam=$build/tools/tam/tam
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
mkdir "$work/plugins"
cp "$build"/plugins/*/.libs/tam_*.so "$work/plugins" || { echo 'skipped: no plugins'; exit 77; }
chmod go-w "$work/plugins" "$work"/plugins/*
export TAM_PLUGIN_DIR=$work/plugins
guid=00001111-aaaa-2222-bbbb-3333cccc4444 tenant=aaaabbbb-0000-cccc-1111-dddd2222eeee
secret='Kx98Q~pT3uYv.ZbW-1mNcRdEfGhIjKlMnOpQrS_a'

# row EXIT-STATUS TEXT WORDS [NEVER]: the service file TEXT (with printf's escapes) ends so, and says the words, and not the others.
row() {
    printf '%b' "$2" >"$work/service"
    status=0
    "$tam" check --service="$work/service" >"$work/out" 2>&1 || status=$?
    why=
    [ "$status" -eq "$1" ] || why="exit status $status, expected $1"
    grep -qF -- "$3" "$work/out" || why="$why; it does not say: $3"
    [ -z "${4:-}" ] || ! grep -qF -- "$4" "$work/out" || why="$why; it says: $4"
    if [ -n "$why" ]; then
        printf 'FAILED: %s\n  %s\n' "$2" "$why"
        sed 's/^/  /' "$work/out"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}

# ---- Ids of Entra
good='the configuration is good'
row 0 "azure tenant_id=$tenant client_id=$guid\n" "$good" warning
row 0 "azure tenant_id=contoso.onmicrosoft.com client_id=$guid\n" "$good" warning
row 0 "azure tenant_id=$tenant client_id=my-client-id\n" 'client_id is no GUID'
row 0 "azure tenant_id=my-tenant-id client_id=$guid\n" 'tenant_id is neither a GUID nor a domain'
row 3 "azure tenant_id=$tenant client_id=$secret\n" 'client_id looks like a client secret' "$secret"
row 3 "azure tenant_id=$secret client_id=$guid\n" 'tenant_id looks like a client secret' "$secret"
row 3 "azure tenant_id=$tenant client_id=dGhpcyBpcyBhIHNlY3JldCBvZiAzMiBieXRlcw==\n" 'looks like a client secret' dGhpcy
row 3 "azure tenant_id=$tenant client_id=dGhpcyBpcyBhIHNlY3JldCBvZiAzMiBieXRlcw\n" 'looks like a client secret' dGhpcy
row 3 "azure tenant_id=$tenant client_id=Ab1+/Ab1+/Ab1+/Ab1+/Ab1+/Ab1+/Ab\n" 'looks like a client secret' Ab1
row 3 "azure tenant_id=$tenant client_id=$guid identifier_uri=$secret\n" 'identifier_uri looks like a client secret' "$secret"
row 3 "azure tenant_id=$tenant client_id=$guid required_scopes=read,$secret\n" 'required_scopes looks like a client secret' "$secret"
row 3 "azure tenant_id=$tenant client_id=$guid advertise_scopes=$secret\n" 'advertise_scopes looks like a client secret' "$secret"
row 3 "azure tenant_id=$tenant client_id=$guid audiences=$secret\n" 'audiences looks like a client secret' "$secret"
row 3 "azure tenant_id=$tenant client_id=api://$guid\n" 'client_id is a URI'
row 3 "azure tenant_id=https://login.microsoftonline.com/$tenant/v2.0 client_id=$guid\n" 'tenant_id is a URI'
row 3 "azure tenant_id=$tenant client_id=${guid%?}\n" 'client_id looks like a GUID that lost some'
row 3 "azure tenant_id=${tenant#?} client_id=$guid\n" 'tenant_id looks like a GUID that lost some'
row 3 "azure tenant_id=${tenant//-/} client_id=$guid\n" 'tenant_id looks like a GUID that lost some'
row 3 "azure tenant_id=$tenant client_id=${guid}5\n" 'client_id looks like a GUID, but'
row 3 "azure tenant_id=$tenant client_id=${guid%4}O\n" 'client_id looks like a GUID, but'
row 3 "azure tenant_id=$tenant client_id={$guid}\n" 'client_id has braces round it'
row 3 "azure tenant_id='{$tenant}' client_id=$guid\n" 'tenant_id has braces round it'
row 0 "azure tenant_id=$tenant client_id=$guid required_scopes=AccessDataOfAllOrganisationsAsTheUser2\n" "$good" secret

row 3 "azure tenant_id=$guid client_id=$guid\n" 'client_id is the same as tenant_id'
row 3 "azure tenant_id=${tenant^^} client_id=$tenant\n" 'client_id is the same as tenant_id'
row 0 "azure tenant_id=contoso client_id=$guid\n" 'expected the directory (tenant) id, a domain, organizations'
row 3 "azure tenant_id='Contoso Ltd' client_id=$guid\n" 'or a domain such as contoso.onmicrosoft.com'
row 3 "azure tenant_id=$tenant,$guid client_id=$guid\n" 'write tenant_id=organizations and allowed_tenants='
row 3 "azure tenant_id=$tenant client_id=00000003-0000-0000-c000-000000000000\n" "client_id is Microsoft Graph's"

# ---- What README and tam.d(5) show passes as it stands
sources=$(dirname "$0")/../..
for page in README.md doc/tam.d.5; do
    awk '/^ *resource  url=/ { on = 1 } on && /^(\.Ed)?$/ { exit } on' "$sources/$page" | sed 's/^    //; s/\\e$/\\/' >"$work/shown"
    row 0 "$(sed 's/\\/&&/g' "$work/shown")\n" "$good" warning
done

# ---- What an option means
line="azure tenant_id=$tenant client_id=$guid"
own=https://login.microsoftonline.com/$tenant
row 3 "$line audiences=https://graph.microsoft.com\n" 'audiences has Microsoft Graph'
row 3 "$line audiences=00000003-0000-0000-C000-000000000000\n" 'audiences has Microsoft Graph'
row 0 "$line audiences=api://$guid\n" "$good" warning
row 0 "azure tenant_id=common client_id=$guid audiences=api://x\n" 'audiences has an entry that is no GUID and counts for nothing'
row 0 "azure tenant_id=common client_id=$guid audiences=$tenant\n" "$good" warning
row 0 "$line audiences=*\n" "audiences has an entry '*'"
row 0 "$line required_scopes=*\n" "required_scopes has an entry '*'"
row 0 "$line required_roles=a;b\n" 'required_roles has an entry with one of ; [ ] { } in it'
row 0 "$line required_scopes=[read,write]\n" 'required_scopes has an entry with one of ; [ ] { } in it'
row 0 "$line required_scopes=read,write required_roles=Tasks.Run\n" "$good" warning
row 0 "$line identifier_uri=$guid\n" 'identifier_uri is no URI'
row 0 "$line identifier_uri=api://my-api\n" "$good" warning
row 0 "$line identifier_uri=api://my-api/read required_scopes=read\n" 'identifier_uri ends in a required scope'
row 3 "$line required_scopes=api://$guid\n" "has this API's URI without the name of a scope" 'another API'
row 3 "$line identifier_uri=https://a.example required_scopes=https://a.example/\n" "has this API's URI without the name" 'another API'
row 3 "$line required_scopes=api://$tenant/read\n" 'has a scope of another API'
row 0 "$line required_scopes=openid\n" 'no token needs it'
row 0 "$line issuer=$own\n" "no token of this tenant has as iss, which is $own/v2.0 or https://sts.windows.net/$tenant/"
row 0 "$line issuer=$own/v2.0/\n" 'no token of this tenant has as iss'
row 0 "$line issuer=https://sts.windows.net/$tenant\n" 'no token of this tenant has as iss'
row 0 "$line issuer=$own/v2.0,https://sts.windows.net/$tenant/\n" "$good" warning
row 3 "$line jwks_uri=$own/v2.0/.well-known/openid-configuration\n" 'is the URL of a discovery document'
row 3 "jwt issuer=https://a.example audience=b jwks_uri=https://a.example/.well-known/openid-configuration\n" 'is the URL of a discovery'
row 3 "$line base_authority=$own\n" 'write its host alone'
row 3 "$line base_authority=contoso.b2clogin.com\n" 'need flavor=b2c or ciam'

# ---- Options that there are not
row 3 "$line scope=read\n" "there are required_scopes, scope_match, advertise_scopes; 'tam plugins azure' lists them all"
row 3 "$line roles=x\n" 'there are required_roles, role_match'
row 3 "$line http_proxy=http://a.example:1\n" 'there are proxy'
row 3 "$line colour=red\n" "azure has no option 'colour'; 'tam plugins azure' lists them all"
row 3 "$line client_secret=x\n" 'it needs no secret'
row 3 "$line\nservice port=1\n" 'there are timeout, cache_size, cache_ttl, max_token_size, scope_implies'
row 3 "azure tenantId=$tenant\n" "'tenantId' names no option: those are lower-case letters, digits and underscores, such as tenant_id"
row 3 "azure TENANT_ID=$tenant\n" 'such as tenant_id'
row 3 "azure tenant-id=$tenant\n" 'such as tenant_id'
row 3 "azure tenant_id=$tenant,client_id=$guid\n" 'client_id stands in the value of tenant_id: blanks separate options'
row 3 "$line allow_guests\n" 'what is switched on is key=yes'

# ---- How a line is written
row 3 "azur tenant_id=$tenant client_id=$guid\n" "there is no plugin 'azur'" 'did you mean required'
row 3 "azur tenant_id=$tenant client_id=$guid\n" 'did you mean azure; TAM_PLUGIN_DIR and --plugin-dir'
row 3 "required azur tenant_id=$tenant client_id=$guid\n" "$work/plugins has azure, jwt" 'did you mean required'
row 3 "required oauth2 x=1\n" "there is no plugin 'oauth2'" 'did you mean'
row 3 "required $line required_scope=read\n" 'the nearest is required_scopes' 'did you mean required'
row 3 "required tam_azure.so tenant_id=$tenant client_id=$guid\n" "write a plugin's name and not its file's: azure"
row 3 "required azure.so tenant_id=$tenant client_id=$guid\n" "write a plugin's name and not its file's: azure"
row 3 "auth required tam_azure.so tenant_id=$tenant\n" "'auth' is a word of PAM's files"
row 3 "-account  sufficient azure\n" "'-account' is a word of PAM's files"
row 3 "requisite_ $line\n" 'expected a plugin'"'"'s name and then key=value, or required or sufficient before it'
row 3 "requird $line\n" 'did you mean required'
row 3 "optional $line\n" "of PAM's controls there are only these two"
row 3 "REQUIRED $line\n" 'in lower case'
row 3 "required pam_azure.so\n" "write a plugin's name and not its file's: azure"
row 3 "[success=1 default=ignore] $line\n" "of PAM's controls only required and sufficient"
row 3 "[azure]\ntenant_id=$tenant\n" 'there are no sections in brackets'
row 3 "@include common\n$line\n" "write include without '@'"
row 3 "; a comment\n$line\n" "a comment begins with '#'"
row 3 "// a comment\n$line\n" "a comment begins with '#'"
row 3 "{ \"tenant_id\": \"$tenant\" }\n" 'this is no JSON'
row 3 "azure \"tenant_id=$tenant\" client_id=$guid\n" "quotes enclose a value alone, and stand behind the '='"
row 3 "$line\nroute path=/x\n" 'this statement belongs into tamd.conf(5)'
row 3 "$line ca_file=\$HOME/ca.pem\n" 'the value of a variable is written ${NAME}'
row 3 "resorce url=https://a.example\n$line\n" 'did you mean resource'
row 3 '\xef\xbb\xbf'"$line\n" 'byte order mark (BOM)'
row 3 '\xff\xfea\0z\0u\0r\0e\0' 'UTF-16, perhaps'
row 0 "required $line\r\n# a comment\r\n" "$good" warning
row 3 "required \r$line\n" 'a carriage return within the line'
row 3 "azure \\\\ \n tenant_id=$tenant client_id=$guid\n" 'a blank behind the backslash at the end of the line'
row 3 "azure tenant_id=$tenant\\\\\t\r\n client_id=$guid\n" 'a blank behind the backslash at the end of the line'
row 0 "azure \\\\\n tenant_id=$tenant client_id=$guid\n" "$good" warning
row 0 "azure \\\\\r\n tenant_id=$tenant client_id=$guid\r\n" "$good" warning
row 3 "$line \\\\" 'the file ends behind a backslash'
row 3 "$line \\\\\n" 'the file ends behind a backslash'
row 3 "azure\ntenant_id=$tenant client_id=$guid\n" 'one that goes on in the next ends with a backslash'
row 3 "azure tenant_id=\xe2\x80\x9c$tenant\xe2\x80\x9d client_id=$guid\n" 'a typographic quote'
row 3 "azure tenant_id=\xe2\x80\x98$tenant\xe2\x80\x99 client_id=$guid\n" 'a typographic quote'
row 3 "azure tenant_id=$tenant client_id=$guid required_scopes=read\xe2\x80\x9d\n" 'a typographic quote'
row 0 "resource url=https://a.example/ name='\xe2\x80\x9cAn example\xe2\x80\x9d'\n$line\n" "$good" typographic
row 3 "azure tenant_id=\x93$tenant\x94 client_id=$guid\n" 'the line is not UTF-8: typographic quotes of another character set'
row 3 "azure tenant_id=$tenant\xc2\xa0client_id=$guid\n" 'a no-break space'
row 3 "$line required_scopes=read, write\n" 'a blank behind a comma'
row 3 "azure tenant_id = $tenant client_id=$guid\n" "without blanks round the '='"
row 3 "$line allowed_clients={$guid}\n" 'allowed_clients' 
row 3 '# nothing\n' 'there is no verifier'

# ---- The command
misused() { # WORDS ARGUMENT...
    words=$1
    shift
    if "$tam" "$@" </dev/null 2>&1 | grep -qF -- "$words"; then
        passed=$((passed + 1))
    else
        echo "FAILED: tam $*: it does not say: $words"
        failed=$((failed + 1))
    fi
}
misused 'stands in --service=' check "$work/service"
misused 'its file stands in --service=' check --config="$work/service"
misused 'whole seconds, not milliseconds' verify --config="$line" --at=1700000000000

# ---- A ca_file that is none. Certificates between other blocks and comments are good, as they are for libcurl.
mkfifo "$work/ready"
"$build/tools/issuer/tam-issuer" --dir="$work/issuer" >"$work/ready" 2>/dev/null &
issuer=$!
read -r word _ <"$work/ready"
kill "$issuer"
wait "$issuer"
if [ "$word" != ready ]; then
    echo 'FAILED: no tam-issuer'
    failed=$((failed + 1))
else
    ca() { row "$1" "azure tenant_id=$tenant client_id=$guid ca_file=$work/ca.pem\n" "$2" "${3:-}"; }
    pem=$work/issuer/ca.pem key=$work/issuer/ca.key
    cp "$pem" "$work/ca.pem" && ca 0 "$good" 'cannot be used'
    { echo 'an authority:'; cat "$pem" "$pem"; } >"$work/ca.pem" && ca 0 "$good" 'cannot be used'
    sed 's/$/\r/' "$pem" >"$work/ca.pem" && ca 0 "$good" 'cannot be used'
    : >"$work/ca.pem" && ca 3 'ca_file cannot be used: it is empty'
    echo 'login.microsoftonline.com' >"$work/ca.pem" && ca 3 'it has no certificate in PEM (-----BEGIN CERTIFICATE-----)'
    cp "$key" "$work/ca.pem" && ca 3 'it has a private key and no certificate'
    sed '1d;$d' "$pem" | base64 -d >"$work/ca.pem" && ca 3 'it is DER, not PEM'
    sed '3s/.\{8\}/!!!!!!!!/' "$pem" >"$work/ca.pem" && ca 3 'its certificate 1 is damaged'
    { cat "$pem"; sed '$d' "$pem"; } >"$work/ca.pem" && ca 3 'its certificate 2 is damaged'
    sed '1d;$d' "$pem" >"$work/ca.pem" && ca 3 'it has no certificate in PEM'
    echo '<html><body>404</body></html>' >"$work/ca.pem" && ca 3 'it has no certificate in PEM'
fi

# ---- What is pasted in a token's place
jwt=eyJhbGciOiJub25lIn0.eyJhdWQiOiJtYXJrZXIifQ.c2lnbmF0dXJl
azure="azure tenant_id=$tenant client_id=$guid"

# pasted WORDS TOKEN: verify, explain and their JSON say the words, and nothing of the token. As an argument.
pasted() {
    for how in verify explain 'verify --json'; do
        status=0
        # shellcheck disable=SC2086
        COLUMNS=1000 "$tam" $how --config="$azure" -- "$2" >"$work/out" 2>&1 || status=$?
        why=
        [ "$status" -eq 1 ] || why="exit status $status, expected 1"
        grep -qF -- "$1" "$work/out" || why="$why; it does not say: $1"
        ! grep -q 'eyJ\|c2lnbmF0dXJl' "$work/out" || why="$why; it shows the token"
        if [ -n "$why" ]; then
            printf 'FAILED: %s: %s\n  %s\n' "$how" "$2" "$why"
            sed 's/^/  /' "$work/out"
            failed=$((failed + 1))
        else
            passed=$((passed + 1))
        fi
    done
}
line_break='
'
curly_left=$(printf '\342\200\234') curly_right=$(printf '\342\200\235')
pasted 'expected RS256, found none' "$jwt"
pasted 'has `Bearer` in front' "Bearer $jwt"
pasted 'has `Bearer` in front' "bearer  $jwt"
pasted 'has `Bearer` in front' "Bearer: $jwt"
pasted 'has `Bearer` in front' "Bearer%20$jwt"
pasted 'has `Bearer` in front' "\"Bearer $jwt\""
pasted "has the header's name in front" "Authorization: Bearer $jwt"
pasted "has the header's name in front" "authorization:Bearer $jwt"
pasted "has the header's name in front" "'Authorization: Bearer $jwt'"
pasted 'has quotes' "\"$jwt\""
pasted 'has quotes' "'$jwt'"
pasted 'has quotes' "$jwt\""
pasted 'has quotes' "\`$jwt\`"
pasted 'has quotes' "$curly_left$jwt$curly_right"
pasted 'this is JSON' "{\"access_token\":\"$jwt\"}"
pasted 'this is JSON' "{ \"token_type\": \"Bearer\", \"access_token\": \"$jwt\" }"
pasted 'this is JSON' "{${line_break}  \"access_token\": \"$jwt\"$line_break}"
pasted 'this is JSON' "\"access_token\": \"$jwt\","
pasted 'this is JSON' "[\"$jwt\"]"
pasted 'this is form data' "access_token=$jwt&token_type=Bearer"
pasted 'has a line break in it' "${jwt%.*}$line_break.${jwt##*.}"
pasted 'has a line break in it' "$jwt$line_break"
pasted 'has a line break in it' "$(echo "$jwt" | fold -w 20)"
pasted 'has a blank in it' "${jwt%.*} .${jwt##*.}"
pasted 'has a blank in front of it or behind it' " $jwt"
pasted 'has a blank in front of it or behind it' "$jwt "
pasted 'blanks alone' '   '
pasted 'a byte order mark' "$(printf '\357\273\277')$jwt"
pasted 'an invisible character' "$jwt$(printf '\342\200\213')"
pasted 'was shortened' "${jwt%%.*}$(printf '\342\200\246')"
pasted 'percent-encoded' "${jwt%.*}%2E${jwt##*.}"
pasted 'the name of a variable' '$TOKEN'
pasted 'the name of a variable' '{{access_token}}'
pasted 'a placeholder' '<token>'
pasted 'a PEM file' "-----BEGIN CERTIFICATE-----${line_break}MIIB"
pasted 'more than the token' "$jwt,$jwt"
pasted 'bytes that RFC 6750 does not allow' "$jwt#"
pasted 'something stands in front of the token' "DPoP $jwt"
pasted 'something stands in front of the token' "Cookie: token=$jwt"
pasted 'something stands in front of the token' "export TOKEN=$jwt"
pasted 'something stands in front of the token' "access_token: $jwt"
pasted 'something stands in front of the token' "($jwt)"
pasted 'has angle brackets round it' "<$jwt>"
pasted 'this is HTML or XML' '<!DOCTYPE html><html>'
pasted 'this is how a program shows an object' '[object Object]'
pasted 'this is an error of the token endpoint' '{"error":"invalid_client","error_description":"AADSTS7000215: ..."}'
pasted 'this is an error of the token endpoint' 'AADSTS7000215: Invalid client secret provided'
pasted 'the name of a file' '@token.txt'
pasted 'the name of a file' 'token.txt'
pasted 'the name of a file' /tmp/token
pasted 'a word in place of the token' null
pasted 'a word in place of the token' undefined
pasted 'a word in place of the token' Bearer
pasted 'the id of something' "$guid"
pasted 'looks like a client secret' "$secret"
pasted 'looks like a refresh token' 0.AXoAabcdefghijklmnopq.AgABAAEAAAAm-06blBE1TpVMil8KPQ41
pasted 'a piece of a JWT' "${jwt%%.*}"
pasted 'a piece of a JWT' "${jwt%.*}"
pasted 'this is no JWT' b3BhcXVl

# wrapped WANTED LINES: on standard input each line is a token; what looks like one token in parts is told, and no more.
wrapped() {
    "$tam" verify --config="$azure" >"$work/out" 2>"$work/log" || true
    if [ "$(grep -c 'look like one token that was wrapped' "$work/log")" -eq "$1" ] && ! grep -q 'eyJ' "$work/out" "$work/log"; then
        passed=$((passed + 1))
    else
        echo "FAILED: a wrapped token, expected $1"
        cat "$work/out" "$work/log"
        failed=$((failed + 1))
    fi
}
echo "$jwt" | fold -w 20 | wrapped 1
echo "$jwt" | tr . '\n' | sed 's/$/./; $s/\.$//' | wrapped 1
printf '%s\n' "$jwt" | wrapped 0
printf '%s\n%s\n' "$jwt" "$jwt" | wrapped 0
printf 'opaque\nopaque\n' | wrapped 0
printf '' | wrapped 0

[ "$passed" -gt 50 ] || failed=$((failed + 1))
echo "mistakes: Checks: $((passed + failed)), Failures: $failed, Errors: 0"
[ "$failed" -eq 0 ]
