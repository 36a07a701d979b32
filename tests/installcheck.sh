#!/bin/sh
# SPDX-License-Identifier: MIT
# Uses an installation as a stranger would: runs its tam, and builds a host and a plugin with what pkg-config says. Run by
# `make installcheck`, which names the directories in the environment. Leaves nothing behind.
set -eu
: "${CC:?}" "${VERSION:?}" "${bindir:?}" "${sbindir:?}" "${libdir:?}" "${plugindir:?}" "${mandir:?}" "${completiondir:?}" "${PKG_CONFIG:?}"
source=$1
export PKG_CONFIG_PATH
LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
unset TAM_PLUGIN_DIR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
fail() {
    echo "FAILED: $1" >&2
    [ ! -s "$work/log" ] || cat "$work/log" >&2
    exit 1
}

# check WHAT COMMAND...: the command ends well.
check() {
    what=$1
    shift
    "$@" >"$work/out" 2>"$work/log" || fail "$what"
    passed=$((passed + 1))
}

tam=$bindir/tam
check 'tam runs' "$tam" --version
[ "$(cat "$work/out")" = "tam $VERSION" ] || fail 'tam says its version'
check 'tam-issuer runs' "$bindir/tam-issuer" --version
check 'tamd runs' "$sbindir/tamd" --version
[ "$(cat "$work/out")" = "tamd $VERSION" ] || fail 'tamd says its version'
# --any-owner: a developer's prefix may be writable by a group.
for plugin in azure jwt; do
    check "the plugin $plugin is where libtam looks" "$tam" plugins --any-owner "$plugin"
    [ ! -e "$plugindir/tam_$plugin.la" ] || fail "tam_$plugin.la was left behind"
done
check 'a configuration is checked' "$tam" check --any-owner --config \
    'azure tenant_id=aaaabbbb-0000-cccc-1111-dddd2222eeee client_id=00001111-aaaa-2222-bbbb-3333cccc4444'
for page in man1/tam.1 man1/tam-issuer.1 man1/tam-mint.1 man3/libtam.3 man5/tam.d.5 man5/tamd.conf.5 man7/tam.7 man7/tam-plugin.7 man8/tamd.8; do
    check "the manual page $page is there" test -s "$mandir/$page"
done
for page in man1/tam.1 man5/tam.d.5 man8/tamd.8; do
    [ "$(grep -c '/etc/tam' "$mandir/$page")" -eq "$(grep -c "${sysconfdir:?}/tam" "$mandir/$page")" ] ||
        fail "$page names other directories than $sysconfdir"
done
check 'tam --help names the directory of services' sh -c '"$1" verify --help | grep -qF "$2/tam.d"' sh "$tam" "$sysconfdir"
for program in tam tamd tam-issuer; do
    check "the completion of $program for bash is there" test -s "$completiondir/$program"
    check "the completion of $program for fish is there" test -s "${fishcompletiondir:?}/$program.fish"
    check "the completion of $program for zsh is there" grep -q "^#compdef.* $program" "${zshcompletiondir:?}/_tam"
done
for example in tamd.conf nginx/snippets/tam.conf haproxy/tam.lua mcp/server.mjs; do
    check "the example $example is there" test -s "${exampledir:?}/examples/$example"
done
if [ "${systemdsystemunitdir:?}" != no ]; then
    check 'the unit starts what was installed' grep -qx "ExecStart=$sbindir/tamd" "$systemdsystemunitdir/tamd.service"
    for socket in tamd.socket tamd-admin.socket; do
        check "$socket is there" test -s "$systemdsystemunitdir/$socket"
    done
fi
check 'pkg-config knows hosts' "$PKG_CONFIG" --atleast-version="$VERSION" tam
check 'pkg-config knows plugins' "$PKG_CONFIG" --atleast-version="$VERSION" tam-plugin
[ "$("$PKG_CONFIG" --variable=plugindir tam-plugin)" = "$plugindir" ] || fail 'pkg-config names the plugin directory'

# Flags are words: they are split on purpose.
# shellcheck disable=SC2046,SC2086
check 'a host is built' $CC ${CFLAGS:-} -D_GNU_SOURCE "$source/examples/host.c" -o "$work/host" \
    $("$PKG_CONFIG" --cflags --libs tam) ${LDFLAGS:-}
mkdir "$work/plugins"
# shellcheck disable=SC2046,SC2086
check 'a plugin is built' $CC ${CFLAGS:-} -shared -fPIC -fvisibility=hidden "$source/examples/one.c" \
    $("$PKG_CONFIG" --cflags tam-plugin) -o "$work/plugins/tam_one.so"
umask 077
echo 'a-token-of-the-installation' >"$work/token"
echo 'one token_file=token subject=stranger' >"$work/service"
chmod go-w "$work/plugins" "$work/plugins/tam_one.so"
TAM_PLUGIN_DIR=$work/plugins
export TAM_PLUGIN_DIR
echo 'Bearer a-token-of-the-installation' >"$work/values"
# shellcheck disable=SC2016
check 'the host asks the plugin' sh -c '"$1/host" "$1/service" <"$1/values"' sh "$work"
[ "$(cat "$work/out")" = '1 200 stranger' ] || fail "the host lets the bearer in: found $(cat "$work/out")"
check 'tam asks the plugin' "$tam" verify --service="$work/service" a-token-of-the-installation
if "$tam" verify --service="$work/service" another-token-of-nobody >"$work/out" 2>"$work/log"; then
    fail 'tam refuses another token'
fi
echo "installcheck: $passed passed"
