#!/bin/sh
# SPDX-License-Identifier: MIT
# What the shared objects show and need: libtam only tam_ functions and libc, a plugin one symbol and nothing of libtam or
# of a JSON library (a host that exports json_object_get would capture the reference: doc/ARCHITECTURE.md, Decisions).
set -eu
. ./tests/support/parts.sh
need_parts check
NM=${NM:-nm} READELF=${READELF:-readelf}
libtam=src/.libs/libtam.so
fault=0

fail() {
    echo "FAIL: $*"
    fault=1
}

# shown FILE (NM may be a command with options): what it exports, without versions and without names beginning __.
shown() {
    $NM -D --defined-only "$1" | awk '{ sub(/@.*/, "", $NF); if ($NF !~ /^__/) print $NF }' | sort -u
}

needed() {
    $READELF -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -Ev '^lib(asan|ubsan|tsan)\.' || true
}

if [ ! -f "$libtam" ]; then
    echo "skipped: built without shared libraries"
    exit 77
fi
others=$(shown "$libtam" | grep -Ev '^(tam_[a-z0-9_]+|TAM_[0-9.]+)$' || true)
[ -z "$others" ] || fail "libtam also shows: $others"
shown "$libtam" | grep -qx tam_verify || fail "libtam does not show tam_verify"
others=$(needed "$libtam" | grep -Ev '^(libc|libdl|libpthread|ld-linux[a-z0-9_-]*)\.so' || true)
[ -z "$others" ] || fail "libtam also needs: $others"
# Every function of tam.h is there, and nothing that is not in it.
for name in $(sed -n 's/^TAM_API[^(]*[ *]\(tam_[a-z0-9_]*\)(.*/\1/p' "${srcdir:-.}/include/tam/tam.h"); do
    shown "$libtam" | grep -qx "$name" || fail "libtam lacks $name"
done
for name in $(shown "$libtam" | grep '^tam_'); do
    grep -q "$name(" "${srcdir:-.}/include/tam/tam.h" || fail "tam.h does not say $name"
done

for plugin in plugins/*/.libs/tam_*.so tests/plugins/.libs/tam_one.so; do
    [ -f "$plugin" ] || continue
    [ "$(shown "$plugin")" = tam_plugin_v1 ] || fail "$plugin shows: $(shown "$plugin")"
    others=$(needed "$plugin" | grep -E '^lib(tam|jansson|json-c|jwt)\.' || true)
    [ -z "$others" ] || fail "$plugin needs: $others"
done
exit "$fault"
