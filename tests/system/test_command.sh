#!/bin/bash
# SPDX-License-Identifier: MIT
# The command tam, as its callers use it: exit statuses, lines, JSON, faults, completion; and `check --fetch` against a real
# tam-issuer, and against none.
set -u
. ./tests/support/parts.sh
need_parts check tam tamd issuer azure jwt

build=$PWD
source=${srcdir:-.}
work=$(mktemp -d)
issuers=
# False: one did not end when it was told to.
stop_issuers() {
    local good=0
    for each in $issuers; do
        kill "$each"
        timeout 20 tail --pid="$each" -f /dev/null || { kill -KILL "$each"; good=1; }
        wait "$each"
    done 2>/dev/null
    issuers=
    return $good
}
trap 'stop_issuers; rm -rf "$work"' EXIT
tam=$build/tools/tam/tam
passed=0 failed=0

# A copy: the build directory may be writable by a group, and then libtam loads nothing from it.
mkdir "$work/plugins"
cp "$build"/tests/plugins/.libs/tam_puppet.so "$build"/plugins/azure/.libs/tam_azure.so \
    "$build"/plugins/jwt/.libs/tam_jwt.so "$work/plugins"
chmod go-w "$work/plugins" "$work"/plugins/*
export TAM_PLUGIN_DIR=$work/plugins
unset NO_COLOR COLUMNS HTTPS_PROXY https_proxy ALL_PROXY all_proxy

verdict() { # WHAT STATUS WANTED-STATUS
    if [ "$2" -eq "$3" ] && diff -u "$work/expected" "$work/found"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1: exit status $2, expected $3"
        cat "$work/log"
    fi
}

# answers WHAT STATUS INPUT OUTPUT ARGUMENT...: exactly this on standard output.
answers() {
    local what=$1 wanted=$2 input=$3 status=0
    printf '%b' "$4" >"$work/expected"
    shift 4
    printf '%b' "$input" | "$tam" "$@" >"$work/found" 2>"$work/log" || status=$?
    verdict "$what" "$status" "$wanted"
}

# says WHAT STATUS PATTERN ARGUMENT...: a line of either output has it.
says() {
    local what=$1 wanted=$2 pattern=$3 status=0
    shift 3
    "$tam" "$@" </dev/null >"$work/log" 2>&1 || status=$?
    : >"$work/expected"
    : >"$work/found"
    grep -q -- "$pattern" "$work/log" || echo "no line has: $pattern" >"$work/found"
    verdict "$what" "$status" "$wanted"
}



# ---- The lines that the puppet's tokens give are taken from it once, and must not be empty
line_of() { "$tam" verify --config=puppet "$@" 2>/dev/null; }
accept=$(line_of accept.1)
reject=$(line_of reject.10)
unavailable=$(line_of unavailable.3)
error=$(line_of 'verdict.99')
nobody='reject no_credentials: the request carries no bearer token'
case $accept/$reject/$unavailable/$error in
accept\ *alice*/reject\ *?/unavailable*/error*) ;;
*) echo "FAILED: the puppet's verdicts: $accept/$reject/$unavailable/$error"; exit 1 ;;
esac

# ---- Tokens: one line each; of several the worst
answers 'accepted is 0' 0 '' "$accept\n" verify --config=puppet accept.1
answers 'rejected is 1' 1 '' "$reject\n" verify --config=puppet reject.10
answers 'unavailable is 2' 2 '' "$unavailable\n" verify --config=puppet unavailable.3
answers 'error is 3' 3 '' "$error\n" verify --config=puppet verdict.99
answers 'a line for each' 0 'accept.1\naccept.1\n' "$accept\n$accept\n" verify --config=puppet
answers 'the dash is standard input' 0 'accept.1\n' "$accept\n" verify --config=puppet -
answers 'without a last newline' 0 'accept.1' "$accept\n" verify --config=puppet
answers 'lines of another system' 0 'accept.1\r\n' "$accept\n" verify --config=puppet
answers 'reject is worse than accept' 1 'accept.1\nreject.10\naccept.1\n' "$accept\n$reject\n$accept\n" verify --config=puppet
answers 'unavailable is worse than reject' 2 'unavailable.3\nreject.10\n' "$unavailable\n$reject\n" verify --config=puppet
answers 'error is worst' 3 'verdict.99\nunavailable.3\naccept.1\n' "$error\n$unavailable\n$accept\n" verify --config=puppet
answers 'an empty line is nobody' 1 'accept.1\n\naccept.1\n' "$accept\n$nobody\n$accept\n" verify --config=puppet
answers 'no line is nobody' 1 '' "$nobody\n" verify --config=puppet
answers 'a NUL ends no token' 1 'accept.1\0x\n' 'reject malformed: the token has bytes that RFC 6750 does not allow\n' verify --config=puppet
{
    head -c 200000 /dev/zero | tr '\0' a
    printf '\naccept.1\n'
} | "$tam" verify --config=puppet >"$work/all" 2>"$work/log"
status=$?
sed 's/^\(reject malformed\):.*/\1/' "$work/all" >"$work/found"
printf 'reject malformed\n%s\n' "$accept" >"$work/expected"
verdict 'a line without end is malformed, and the next is itself' "$status" 1

# ---- JSON, member by member
answers 'JSON of a rejection' 1 '' \
    '{"verdict":"reject","reason":"no_credentials","error":null,"status":401,"detail":"the request carries no bearer token","principal":null}\n' \
    verify --config=puppet --json
for row in 'accept.1|"verdict":"accept","reason":"none","error":null,"status":200,' \
    'accept.1|"principal":{"subject":"alice","issuer":' 'accept.1|"kind":"user","scopes":\[' \
    'unavailable.3|"verdict":"unavailable","reason":"none","error":null,"status":503,' \
    'verdict.99|"verdict":"error","reason":"none","error":null,"status":500,' \
    'reject.10|"verdict":"reject","reason":"[a-z_]*","error":"invalid_token","status":401,'; do
    "$tam" verify --config=puppet --json "${row%%|*}" >"$work/log" 2>&1
    : >"$work/expected"
    grep -q -- "${row#*|}" "$work/log" >"$work/found" || echo "no ${row#*|}" >"$work/found"
    verdict "JSON of ${row%%|*}" 0 0
done

# ---- What is wrong is said, and is 3
says 'no command' 3 'usage: tam COMMAND'
says 'another command' 3 "there is no command 'verfiy'" verfiy
says 'another option' 3 "'--foo' is no option" verify --foo
says "another command's option" 3 "'--fetch' is no option" verify --fetch
says 'an option without its value' 3 "'--config' is no option of it, or lacks its value" verify --config
says 'no service' 3 'exactly one of --service and --config' verify x
says 'two services' 3 'exactly one of --service and --config' verify --service=a --config=b x
says 'two tokens' 3 'too many arguments' verify --config=puppet a b
for at in '' x -1 0 1.5 99999999999999999999; do
    says "the time '$at'" 3 '--at must be a time' verify --config=puppet "--at=$at" x
done
says 'an empty scope' 3 '--scope must not be empty' verify --config=puppet --scope= x
says 'a service that is not there' 3 'nowhere cannot be opened' check --service=nowhere
says 'a file that is not there' 3 'nowhere cannot be opened' check --service=./nowhere
says "a plugin that is not there" 3 "there is no plugin 'nobody'" plugins nobody
printf 'puppet init=no\nservice timeout=never\n' >"$work/bad"
says 'the first fault with its line' 3 "$work/bad:1: .*init" check --service="$work/bad"
says 'the second fault in the same run' 3 "$work/bad:2: .*timeout" check --service="$work/bad"
says 'a file in the working directory' 0 'the configuration is good' check --config=puppet
says 'a warning is no fault' 0 'warning: .*only for tests' check --config='puppet init=warn'
for command in verify explain describe metadata challenge check plugins mint; do
    says "$command has help" 0 "^usage: tam $command" "$command" --help
done
says 'its help' 0 'usage: tam COMMAND' --help
says 'its version' 0 '^tam [0-9]' --version
for row in '-h|usage: tam COMMAND' 'help|usage: tam COMMAND' 'help check|usage: tam check' 'check -h|usage: tam check' \
    'mint -h|usage: tam mint' 'help mint|usage: tam mint'; do
    # shellcheck disable=SC2086
    says "help by ${row%%|*}" 0 "^${row#*|}" ${row%%|*}
done
says 'help of nothing' 3 "there is no command 'verfiy'" help verfiy
says 'a letter that is no option' 3 "'-z' is no option" verify --json -z

# ---- Help is read on a terminal: no line is longer than it, and no word is lost
fits() { # COLUMNS COMMAND...
    local columns=$1
    shift
    : >"$work/expected"
    COLUMNS=$columns "$@" 2>/dev/null | awk -v max="$columns" 'length > max { print "too long for " max ": " $0 }' >"$work/found"
    verdict "$* in $columns columns" 0 0
}
helps() { # COLUMNS COMMAND...: and a word that is longer than a line is the only one that may be broken
    fits "$@"
    local columns=$1
    shift
    COLUMNS=9999 "$@" | tr -d ' \n' >"$work/expected"
    COLUMNS=$columns "$@" | tr -d ' \n' >"$work/found"
    [ -s "$work/expected" ] || echo nothing >"$work/expected"
    verdict "the words of $* in $columns columns" 0 0
}
for columns in 30 40 60 80 132; do
    helps "$columns" "$tam" help
    for command in verify explain describe metadata challenge check plugins mint; do
        helps "$columns" "$tam" "$command" --help
    done
    helps "$columns" "$build/tools/issuer/tam-issuer" -h
    helps "$columns" "$build/tools/issuer/tam-issuer" help
    helps "$columns" "$build/tools/tamd/tamd" -h
    helps "$columns" "$build/tools/tamd/tamd" help
done
"$tam" check --help | awk 'length > 80' >"$work/found"
: >"$work/expected"
verdict 'help in a pipe fits 80 columns' 0 0
if command -v script >/dev/null; then
    script -qec "stty cols 40; $tam check --help" /dev/null </dev/null 2>/dev/null | tr -d '\r' | awk 'length > 40' >"$work/found"
    verdict 'help asks the terminal how wide it is' 0 0
    script -qec "stty cols 40; $tam check --help" /dev/null </dev/null 2>/dev/null | grep -c configuration >"$work/found"
    echo 3 >"$work/expected"
    verdict 'and is there' 0 0
fi
"$tam" --help >/dev/full 2>"$work/log"
status=$?
: >"$work/expected"
: >"$work/found"
verdict 'an output that is full' "$status" 3

# ---- check --json: one object, whatever is found
answers 'JSON of a good configuration' 0 '' \
    '{"service":"<string>","good":true,"faults":[],"verifiers":null}\n' check --json --config=puppet
printf 'puppet init=no\nservice timeout=never\n' >"$work/bad"
"$tam" check --json --service="$work/bad" >"$work/log" 2>"$work/stderr"
status=$?
grep -o '"level":"error","file":"[^"]*","line":[0-9]*\|"good":[a-z]*' "$work/log" >"$work/found"
printf '"good":false\n"level":"error","file":"%s","line":1\n"level":"error","file":"%s","line":2\n' "$work/bad" "$work/bad" >"$work/expected"
verdict 'JSON of faults' "$status" 3
: >"$work/expected"
cp "$work/stderr" "$work/found"
verdict 'JSON of faults says nothing beside' 0 0
says 'JSON of a warning' 0 '"good":true,"faults":\[{"level":"warning","file":"<string>","line":1,"text":"<string>:1: ' check --json --config='puppet init=warn'

# ---- What a service says of itself
printf 'resource url=https://api.example.com/mcp\npuppet described_scopes=api://x/read\n' >"$work/service"
says 'metadata' 0 '"resource": "https://api.example.com/mcp"' metadata --service="$work/service"
answers 'where metadata is served' 0 '' '/.well-known/oauth-protected-resource/mcp\n' metadata --path --service="$work/service"
says 'no metadata without a resource' 3 'there is none' metadata --config=puppet
says 'the challenge' 0 '^WWW-Authenticate: Bearer scope="api://x/read", resource_metadata=' challenge --service="$work/service"
says 'the challenge of a token' 1 '^WWW-Authenticate: Bearer error="invalid_token"' challenge --service="$work/service" reject.10
says 'a scope that the operation needs' 1 '^Status: 403' challenge --service="$work/service" --scope=write accept.1
says 'describe' 0 '"plugin": "puppet"' describe --service="$work/service"
says 'describe in one line' 0 '"plugin":"puppet"' describe --json --service="$work/service"
says 'a list of plugins' 0 '^azure  *[0-9]' plugins
says 'the options of one' 0 '^  client_id (required)' plugins azure
says 'a type with its bounds' 0 'duration of 0 to 300; default 60' plugins azure
echo 'not an object' >"$work/plugins/tam_broken.so"
says 'a broken plugin is said' 3 '^broken: ' plugins
says 'the others are listed' 3 '^puppet ' plugins
rm "$work/plugins/tam_broken.so"

# ---- A real issuer: --fetch, explain, --at
tenant=aaaabbbb-0000-cccc-1111-dddd2222eeee client=00001111-aaaa-2222-bbbb-3333cccc4444
mkfifo "$work/ready"
start_issuer() { # NAME ARGUMENT...: sets port_NAME and ca_NAME
    local name=$1 word port ca
    shift
    "$build/tools/issuer/tam-issuer" --dir="$work/$name" "$@" >"$work/ready" 2>"$work/$name.log" &
    issuers="$issuers $!"
    read -r word port ca <"$work/ready"
    [ "$word" = ready ] || { cat "$work/$name.log"; exit 1; }
    declare -g "port_$name=${port#port=}" "ca_$name=${ca#ca=}"
}
service_of() { # HOST PORT CA
    printf 'azure tenant_id=%s client_id=%s required_scopes=read ca_file=%s connect_to=login.microsoftonline.com:443:%s:%s\n' \
        "$tenant" "$client" "$3" "$1" "$2"
}
# shellcheck disable=SC2154
{
    start_issuer issuer --name=login.microsoftonline.com
    start_issuer other
    start_issuer old --name=login.microsoftonline.com --certificate-days=-1
    service_of 127.0.0.1 "$port_issuer" "$ca_issuer" >"$work/azure"
    service_of 127.0.0.1 "$port_issuer" "$ca_other" >"$work/azure.authority"
    service_of 127.0.0.1 "$port_other" "$ca_other" >"$work/azure.certificate"
    service_of 127.0.0.1 "$port_old" "$ca_old" >"$work/azure.old"
    service_of 127.0.0.1 1 "$ca_issuer" >"$work/azure.port"
    service_of nowhere.invalid 443 "$ca_issuer" >"$work/azure.name"
}
says 'keys are fetched' 0 'keys fetched from https://login.microsoftonline.com/' check --fetch --any-owner --service="$work/azure"
for row in 'keys: [1-9][0-9]* usable' 'age: 0 s, [0-9]* s to the next refresh, 86[0-9]* s to their end' \
    'fetches: 1 begun, 0 not modified, 0 failed, 0 of them in a row' 'forced: 0 by a token, 0 suppressed by the cooldown'; do
    says "how the key set is doing: ${row%%:*}" 0 "^  $row\$" check --fetch --verbose --any-owner --service="$work/azure"
done
says 'connect_to is warned of' 0 'warning: .*connect_to is in force' check --any-owner --service="$work/azure"
mkdir "$work/kept"
chmod 0755 "$work" "$work/kept"
: >"$work/kept/open"
ln -s "$work/kept/open" "$work/kept/link"
cache() { echo "azure tenant_id=$tenant client_id=$client jwks_cache_file=$1" >"$work/azure.cache"; }
for row in "$work/absent/keys:.*No such file" "$work/azure/keys:.*Not a directory" "/proc/keys.cache:.*No such file" \
    "$work/kept:.*not a regular file" "$work/kept/link:.*symbolic link" "$work/kept/open:.*mode 0600"; do
    cache "${row%%:*}"
    says "a key cache that cannot be used: $row" 0 "warning: .*jwks_cache_file.*${row#*:}" check --any-owner --service="$work/azure.cache"
done
cache "$work/kept/keys"
"$tam" check --any-owner --service="$work/azure.cache" >"$work/log" 2>&1
grep -q warning "$work/log" && { echo "FAILED: a key cache that can be used is warned of"; cat "$work/log"; failed=$((failed + 1)); }
[ "$(ls "$work/kept")" = "link
open" ] || { echo "FAILED: checking leaves files behind"; failed=$((failed + 1)); }
export TAM_TEST_HIDDEN=hunter2hunter2
# shellcheck disable=SC2016
says "what the environment gave is not in a plugin's fault" 2 'no keys from http://127.0.0.1:1/${TAM_TEST_HIDDEN}: ' check --fetch \
    --any-owner --config='jwt issuer=https://a.example audience=b insecure_http=yes jwks_uri=http://127.0.0.1:1/${TAM_TEST_HIDDEN}'
says 'without --fetch nobody is asked' 0 'the configuration is good' check --any-owner --service="$work/azure.port"
good=$("$tam" mint --dir="$work/issuer" --tenant=$tenant --audience=$client --scope=read)
says 'a good token, where keys can be had' 0 '^accept user' verify --any-owner --service="$work/azure" "$good"
for row in 'port|connection: it cannot be reached' 'name|DNS: its name cannot be resolved' \
    'authority|TLS: its certificate is of an unknown authority' 'certificate|TLS: its certificate is for another name' \
    'old|TLS: its certificate has expired'; do
    at=azure.${row%%|*} why=${row#*|}
    says "the fault of $at, when keys are fetched" 2 "$at:1: .*: $why" check --fetch --any-owner --service="$work/$at"
    says "the same as JSON" 2 "\"good\":false.*\"text\":\"[^\"]*$at:1: .*: $why.*\"verifiers\":null" check --json --fetch --any-owner --service="$work/$at"
    says "the log of $at" 2 "^warning: $at:1: keys: .*: $why" verify --any-owner --service="$work/$at" "$good"
    says "the challenge's log of $at" 2 "^warning: $at:1: keys: .*: $why" challenge --any-owner --service="$work/$at" "$good"
    says "no verdict by $at" 2 '^unavailable' verify --any-owner --service="$work/$at" "$good"
done
ignored() { # VARIABLE PORT-OF-SERVICE: whether the sentence names it
    env "$1=http://user:secret@proxy.example:3128" "$tam" verify --any-owner --service="$work/$2" "$good" >"$work/log" 2>&1
    ! grep -q secret "$work/log" && grep -q "; $1 is set in the environment, and ignored: write proxy=URL" "$work/log"
}
for name in HTTPS_PROXY https_proxy ALL_PROXY all_proxy; do
    ignored $name azure.port
    status=$?
    verdict "$name is ignored, and named where the server cannot be reached" $status 0
    ignored $name azure.authority
    status=$?
    verdict "$name is not named where it was reached" $status 1
done
ignored NO_PROXY azure.port
status=$?
verdict 'no other variable is' $status 1
token=$("$tam" mint --dir="$work/issuer" --tenant=$tenant --audience=$client --scope=read --issued-at=1700000000)
says 'a token of the past has expired' 1 '^reject expired' verify --any-owner --service="$work/azure" "$token"
says 'and was good in its time' 0 '^accept user' verify --any-owner --service="$work/azure" --at=1700000100 "$token"
said='exp: expired 3 h 12 min ago: exp 2023-11-14T23:13:20Z, now 2023-11-15T02:25:20Z'
says 'a time is a date, with the clock and the distance' 1 "$said" verify --any-owner --service="$work/azure" --at=1700015120 "$token"
says 'one ahead too' 1 'nbf: valid only in 2 h 46 min: nbf 2023-11-14T22:13:20Z, now 2023-11-14T19:26:40Z' \
    verify --any-owner --service="$work/azure" --at=1699990000 "$token"
says 'explain has dates in its rows' 1 '"name":"exp","outcome":"failed","expected":"after now, 2023-11-15T02:25:20Z","found":"2023-11-14T23:13:20Z, 3 h 12 min ago"' \
    explain --json --any-owner --service="$work/azure" --at=1700015120 "$token"
says 'of checks that passed too' 0 '"name":"exp","outcome":"passed","expected":"after now, 2023-11-14T22:15:00Z","found":"2023-11-14T23:13:20Z, in 58 min 20 s"' \
    explain --json --any-owner --service="$work/azure" --at=1700000100 "$token"
for when in 1 86399 68169600 68255999 951782399 951782400 951868800 1709164800 1709251199 1735689599 4107456000 4107542400 99999999000; do
    old=$("$tam" mint --dir="$work/issuer" --tenant=$tenant --audience=$client --issued-at=$when --lifetime=0)
    says "the date of $when" 1 ": exp $(date -u -d "@$when" +%Y-%m-%dT%H:%M:%SZ), now" \
        verify --any-owner --service="$work/azure" --at=$((when + 90)) "$old"
done
says 'explain has a table' 1 '^CHECK  *RESULT  *EXPECTED  *FOUND' explain --any-owner --service="$work/azure" "$token"
says 'explain names the failure' 1 '^exp  *failed ' explain --any-owner --service="$work/azure" "$token"
says 'explain goes on after it' 1 '^scp  *passed ' explain --any-owner --service="$work/azure" "$token"
says 'explain takes a time' 0 '^exp  *passed ' explain --any-owner --service="$work/azure" --at=1700000100 "$token"
says 'explain as JSON' 1 '"checks":\[{"name":' explain --json --any-owner --service="$work/azure" "$token"
says 'explain tells what was not reached' 1 '"outcome":"not_reached"' explain --json --any-owner --service="$work/azure" \
    "$(printf '%s' "$token" | sed 's/\..*\./.e30./')"
: >"$work/expected"
"$tam" explain --any-owner --service="$work/azure" "$token" 2>/dev/null | grep "$(printf '\033')" >"$work/found"
verdict 'no colour in a pipe' 0 0
explain() { "$tam" explain --any-owner --service="$work/azure" "$@" "$token"; }
for columns in 40 80 100; do
    fits "$columns" explain
    fits "$columns" explain --at=1700000100
done
"$tam" explain --any-owner --service="$work/azure" "$token" 2>/dev/null | awk 'length > 80' >"$work/found"
: >"$work/expected"
verdict 'explain in a pipe fits 80 columns' 0 0
# On a terminal of its own: red for what failed, green for what passed; and none for who wants none (https://no-color.org).
if command -v script >/dev/null; then
    explain="$tam explain --any-owner --service=$work/azure $token"
    printf '\033[31m\n\033[32m\n' >"$work/expected"
    script -qec "$explain" /dev/null </dev/null 2>/dev/null | grep -o "$(printf '\033')\[3[12]m" | sort -u >"$work/found"
    verdict 'colours on a terminal' 0 0
    : >"$work/expected"
    NO_COLOR=1 script -qec "$explain" /dev/null </dev/null 2>/dev/null | grep "$(printf '\033')" >"$work/found"
    verdict 'none with NO_COLOR' 0 0
    TERM=dumb script -qec "$explain" /dev/null </dev/null 2>/dev/null | grep "$(printf '\033')" >"$work/found"
    verdict 'none on a dumb terminal' 0 0
    # The journal takes a priority off, people do not.
    tamd="$build/tools/tamd/tamd --service=$work/nowhere --listen=127.0.0.1:0"
    script -qec "$tamd" /dev/null </dev/null 2>/dev/null | grep -c '^tamd: error: .*nowhere' >"$work/found"
    echo 1 >"$work/expected"
    verdict 'tamd on a terminal says the level in a word' 0 0
    $tamd 2>&1 | grep -c '^<3>tamd: .*nowhere' >"$work/found"
    verdict 'tamd elsewhere says it as the journal reads it' 0 0
fi

# ---- Completion asks tam itself
if [ "${BASH_VERSINFO[0]}" -ge 4 ]; then
    # shellcheck source=/dev/null
    . "$source/tools/completion/tam"
    complete_words() { # WORD...: what is offered for the last
        COMP_WORDS=("$tam" "$@")
        COMP_CWORD=$#
        COMPREPLY=()
        _tam 2>/dev/null
        printf '%s\n' "${COMPREPLY[@]}"
    }
    for row in 've|verify' 'ch|challenge check' 'verify --se|--service=' 'verify --fe|' 'check --fe|--fetch' \
        'mint --sc|--scope=' 'plugins az|azure' '--v|--version'; do
        # shellcheck disable=SC2086
        complete_words ${row%%|*} | tr '\n' ' ' | sed 's/ *$//' >"$work/found"
        printf '%s' "${row#*|}" >"$work/expected"
        verdict "completion of '${row%%|*}'" 0 0
    done
    # Values: files, services where the program looks for them, algorithms. bash gives --service= and its value as words of their own.
    mkdir "$work/words"
    (cd "$work/words" && touch one.pem two.pem && mkdir dir)
    cat >"$work/tam" <<END
#!/bin/sh
"$tam" "\$@" | sed 's| in /.*| in $work/words|'
END
    chmod +x "$work/tam"
    values() { # EXPECTED PROGRAM WORD...
        local expected=$1
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        "$(case $1 in */tam) echo _tam ;; *) echo _tamd ;; esac)" 2>/dev/null
        printf '%s ' "${COMPREPLY[@]}" >"$work/found"
        printf '%s ' "$expected" >"$work/expected"
        shift
        verdict "completion of the value: $*" 0 0
    }
    cd "$work/words" || exit 1
    values 'one.pem' "$tam" mint --key = on
    values 'dir' "$tam" mint --dir = d
    values '@one.pem' "$tam" mint --claims = @on
    values 'ES256 ES256K' "$tam" mint --alg = ES256
    values 'ES256 ES256K' "$build/tools/issuer/tam-issuer" --alg = ES256
    values 'two.pem' "$build/tools/issuer/tam-issuer" --fixture = tw
    values 'two.pem' "$build/tools/tamd/tamd" --config = tw
    values 'challenge check' "$tam" help ch
    cd / || exit 1
    values 'one.pem' "$work/tam" verify --service = on
    values 'resource' "$tam" plugins res
    cd "$build" || exit 1
    # shellcheck source=/dev/null
    . "$source/tools/completion/tam-issuer"
    # shellcheck source=/dev/null
    . "$source/tools/completion/tamd"
    for row in '--se|--service=' '--li|--listen=' '--ch|--check' '--v|--version' 've|'; do
        COMP_WORDS=("$build/tools/tamd/tamd" "${row%%|*}") COMP_CWORD=1
        _tamd 2>/dev/null
        printf '%s' "${COMPREPLY[*]}" >"$work/found"
        printf '%s' "${row#*|}" >"$work/expected"
        verdict "completion of tamd '${row%%|*}'" 0 0
    done
fi

if command -v fish >/dev/null; then
    for row in 'tam ve|verify' 'tam help ch|challenge check' 'tam check --fe|--fetch' 'tam mint --alg=ES256|--alg=ES256 --alg=ES256K' \
        'tam plugins az|azure' 'tam-issuer --fix|--fixture=' 'tamd --exp|--explain='; do
        PATH=$build/tools/tam:$build/tools/issuer:$build/tools/tamd:$PATH fish --no-config -c \
            "source $source/tools/completion/tam.fish; complete -C '${row%%|*}'" 2>"$work/log" | cut -f 1 | sort | tr '\n' ' ' | sed 's/ *$//' >"$work/found"
        printf '%s' "${row#*|}" >"$work/expected"
        verdict "completion for fish of '${row%%|*}'" 0 0
    done
fi
# What zsh's own functions would be called with.
if command -v zsh >/dev/null; then
    for row in 'tam ve|verify' 'tam help ch|challenge check' 'tam check --fe|--fetch' 'tam mint --alg=ES256|ES256 ES256K' \
        'tam plugins az|azure' 'tam-issuer --fix|--fixture=' 'tamd --exp|--explain='; do
        # shellcheck disable=SC2016
        PATH=$build/tools/tam:$build/tools/issuer:$build/tools/tamd:$PATH zsh -f -c '
            compadd() { local at=${argv[(i)--]}; print -l -- ${argv[at + 1,-1]} >&3 }
            compset() { PREFIX=${PREFIX#*=}; return 0 }
            _files() { : }
            words=(${=2}) CURRENT=${#words} PREFIX=$words[-1]
            exec 3>$3
            . $1/tools/completion/_tam
        ' zsh "$source" "${row%%|*}" "$work/words.zsh" 2>"$work/log"
        last=${row%%|*}
        last=${last##* }
        grep -e "^${last##*=}" "$work/words.zsh" | sort -u | tr '\n' ' ' | sed 's/ *$//' >"$work/found"
        printf '%s' "${row#*|}" >"$work/expected"
        verdict "completion for zsh of '${row%%|*}'" 0 0
    done
fi

: >"$work/expected"
stop_issuers
status=$?
: >"$work/found"
verdict 'every issuer ends when it is told to' "$status" 0

echo "100%: Checks: $((passed + failed)), Failures: $failed, Errors: 0"
[ "$failed" -eq 0 ]
