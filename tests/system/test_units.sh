#!/bin/bash
# SPDX-License-Identifier: MIT
# The systemd units of tamd: systemd takes every line of them, and gives the service no more than 1.5 of 10 for exposure.
set -u
. ./tests/support/parts.sh
need_parts tamd
build=$PWD
source=${srcdir:-.}
command -v systemd-analyze >/dev/null || { echo "skipped: there is no systemd-analyze"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
check() { # NAME COMMAND...
    if "${@:2}" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        echo "FAILED: $1"
        cat "$work/log"
        failed=$((failed + 1))
    fi
}
fails() { ! "$@"; }

# As installed, but that the program is one that is there: verify looks for it.
cp "$source"/systemd/*.socket "$build/systemd/tamd.service" "$work"
sed -i 's|^\(Exec[A-Za-z]*\)=[^ ]*/tamd|\1=/bin/true|' "$work/tamd.service"

# Whatever verify has to say is about something that does not work.
verify() { systemd-analyze verify --man=no "$@" 2>&1 | tee "$work/said"; [ ! -s "$work/said" ]; }
check 'systemd takes the units' verify "$work/tamd.service" "$work/tamd.socket" "$work/tamd-admin.socket"
safe() { systemd-analyze security --offline=true --threshold=15 --no-pager "$1"; }
check 'the service exposes little' safe "$work/tamd.service"
check 'the service is nobody else' grep -qx 'User=tam' "$work/tamd.service"
check 'every directory is written in' fails grep -n '@[a-z]*dir@' "$work/tamd.service"
check 'what reloads checks before' awk '/^ExecReload=.* --check$/ { checked = NR } /^ExecReload=kill -HUP/ && checked == NR - 1 { good = 1 }
    END { exit !good }' "$work/tamd.service"

# The example of a drop-in, as systemd puts it together with the unit.
mkdir "$work/tamd.service.d"
cp "$source/examples/systemd/credentials.conf" "$work/tamd.service.d"
chmod u+w "$work/tamd.service.d/credentials.conf"
check 'systemd takes the drop-in' verify "$work/tamd.service"
check 'and the service exposes no more' safe "$work/tamd.service"
echo 'LoadCredentials=x' >>"$work/tamd.service.d/credentials.conf"
check 'a misspelt drop-in is noticed' fails verify "$work/tamd.service"
rm -r "$work/tamd.service.d"

# The controls: each of these is noticed.
# broken NAME SED-PROGRAM CHECK: a copy of the units, changed, is refused by that check.
broken() {
    mkdir "$work/broken"
    cp "$work"/*.service "$work"/*.socket "$work/broken"
    sed -i "$2" "$work/broken/tamd.service"
    check "$1 is noticed" fails "$3" "$work/broken/tamd.service"
    rm -rf "$work/broken"
}
broken 'a misspelt line' 's/^ProtectSystem=/ProtectSystems=/' verify
broken 'a value that is none' 's/^ProtectProc=.*/ProtectProc=sometimes/' verify
broken 'a program that is not there' 's|^ExecStart=.*|ExecStart=/nowhere/tamd|' verify
broken 'every system call' '/^SystemCallFilter=/d' safe
broken 'every capability' '/^CapabilityBoundingSet=/d' safe
broken 'all files, for a user that is root' '/^User=/d; /^ProtectSystem=/d' safe

command -v systemd-sysusers >/dev/null &&
    check 'its user is made' systemd-sysusers --dry-run "$(realpath "$source/systemd/sysusers.d/tam.conf")"
echo "units: Checks: $((passed + failed)), Failures: $failed, Errors: 0"
[ "$failed" -eq 0 ]
