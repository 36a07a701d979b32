#!/bin/bash
# SPDX-License-Identifier: MIT
# tamd does all of its work with no more than its unit allows: strace refuses it every system call that the unit's filter
# refuses, from its start over keys, verdicts and a reload to its end, and sees no memory that is both written and executed.
# shellcheck disable=SC2154
set -u
. "${srcdir:-.}/tests/support/daemons.sh"
need systemd-analyze strace curl
strace -qq -e trace=none true 2>/dev/null || { echo 'skipped: strace may not trace here'; exit 77; }

fault() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}
check() { # NAME COMMAND...
    if "${@:2}" >"$work/check" 2>&1; then
        passed=$((passed + 1))
    else
        fault "$1"
        head -n 40 "$work/check"
    fi
}
fails() { ! "$@"; }

# ---- What the unit allows: its lines in their order, the groups as systemd knows them

# expand GROUP: the names of its system calls.
expand() {
    systemd-analyze syscall-filter "$1" | while read -r word _; do
        case $word in
        "$1" | '#'* | '') ;;
        @*) expand "$word" ;;
        *) echo "$word" ;;
        esac
    done
}
: >"$work/allowed"
sed -n 's/^SystemCallFilter=//p' "$build/systemd/tamd.service" | tr ' ' '\n' >"$work/words"
without=
while read -r word; do
    case $word in "~"*) without=yes word=${word#\~} ;; esac
    expand "$word" | sort -u >"$work/group"
    if [ -n "$without" ]; then
        comm -23 "$work/allowed" "$work/group" >"$work/new"
    else
        sort -u "$work/allowed" "$work/group" >"$work/new"
    fi
    mv "$work/new" "$work/allowed"
done <"$work/words"
[ "$(wc -l <"$work/allowed")" -gt 100 ] || fault 'the unit allows hardly anything'

# strict COMMAND...: with that and no more; what is refused, and each mapping, is in $work/trace.
allowed=$(sed 's/^/?/' "$work/allowed" | paste -sd,)
strict() { exec strace -D -f -qq -o "$work/trace" -e trace=all -e "inject=!$allowed:error=EPERM" "$@"; }
(strict nice -n 5 true) >/dev/null 2>&1
check 'the control: what is not allowed is refused' grep -q 'setpriority.*INJECTED' "$work/trace"

# ---- The work
start_entra
echo "resource url=https://api.example.com/mcp
azure tenant_id=$tenant client_id=$client required_scopes=read jwks_cache_file=$work/keys $issuer_options" >"$work/service"
echo "listen  address=127.0.0.1:0
listen  address=unix:$work/tamd.sock
admin   address=unix:$work/admin.sock
service name=api file=$work/service" >"$work/tamd.conf"
start tamd strict "$build/tools/tamd/tamd" --config="$work/tamd.conf"
# status SOCKET URI CURL-OPTION...
status() { curl -s --max-time 20 -o /dev/null -w '%{http_code}' --unix-socket "$work/$1" "${@:3}" "http://localhost$2"; }
answers() { [ "$(status "${@:2}")" = "$1" ]; }
good=$(mint --scope=read)
check 'it is ready' eventually answers 200 tamd.sock /readyz
check 'a good token' answers 200 tamd.sock /auth -H "Authorization: Bearer $good"
check 'a bad token' answers 401 tamd.sock /auth -H "Authorization: Bearer ${good}x"
check 'a token without the scope' answers 403 tamd.sock /auth -H "Authorization: Bearer $(mint --scope=x)"
check 'over TCP' curl -s --max-time 20 -f -o /dev/null -H "Authorization: Bearer $good" "http://$(sed 's/.*main=\(127[0-9.:]*\).*/\1/' <<<"$said")/auth"
check 'the metadata' answers 200 tamd.sock /.well-known/oauth-protected-resource/mcp
check 'its figures' answers 200 admin.sock /metrics
check 'what it says of a token' answers 200 admin.sock /introspect -d "token=$good"
check 'its keys are kept' eventually [ -s "$work/keys" ]
reloads() { curl -s --max-time 20 --unix-socket "$work/admin.sock" http://localhost/metrics | grep -q '^tam_reloads_total.* 1$'; }
kill -HUP "$pid"
check 'it reloads' eventually reloads
check 'and goes on' answers 200 tamd.sock /auth -H "Authorization: Bearer $good"
check 'it ends' stop "$pid"

check 'nothing was refused' fails grep INJECTED "$work/trace"
check 'no memory is both written and executed' fails grep -E '(mmap|mprotect|shmat)\(.*(PROT_WRITE\|PROT_EXEC|SHM_EXEC)|mprotect\(.*PROT_EXEC' "$work/trace"
grep 'socket(AF_' "$work/trace" | grep -Ev 'AF_(INET6?|UNIX),' >"$work/sockets"
# getaddrinfo(3) does without what it would ask the kernel there.
check 'no socket of another family but netlink' fails grep -v 'socket(AF_NETLINK' "$work/sockets"
conclude sandbox
