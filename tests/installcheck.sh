#!/bin/sh
# SPDX-License-Identifier: MIT
# Uses an installation as a stranger would: runs its tam, and builds a host and a plugin with what pkg-config says. Run by
# `make installcheck`, which names the directories and the parts (TAM_PARTS) in the environment. Leaves nothing behind.
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

# built PART: it was not switched off. What was is not installed.
built() {
    case " $TAM_PARTS " in
    *" $1 "*) ;;
    *) return 1 ;;
    esac
}

# program PART FILE PAGE...: it runs, says its version, and has manual pages and completions; or there is nothing of it.
program() {
    part=$1 file=$2 name=${2##*/}
    shift 2
    if ! built "$part"; then
        for each in "$file" "$completiondir/$name" "${fishcompletiondir:?}/$name.fish" "$@"; do
            check "without $part there is no $each" test ! -e "$each"
        done
        return
    fi
    check "$name runs" "$file" --version
    case $(cat "$work/out") in
    "$name $VERSION" | "$name $VERSION "*) ;; # tam-issuer adds that it is not for production
    *) fail "$name says its version" ;;
    esac
    for page in "$@"; do
        check "the manual page $page is there" test -s "$page"
        names_sysconfdir "$page"
    done
    check "the completion of $name for bash is there" test -s "$completiondir/$name"
    check "the completion of $name for fish is there" test -s "$fishcompletiondir/$name.fish"
    check "the completion of $name for zsh is there" grep -q "^#compdef.* $name" "${zshcompletiondir:?}/_tam"
}

# names_sysconfdir PAGE: no other directory of configurations is named.
names_sysconfdir() {
    [ "$(grep -c '/etc/tam' "$1")" -eq "$(grep -c "${sysconfdir:?}/tam" "$1")" ] || fail "$1 names other directories than $sysconfdir"
}

tam=$bindir/tam
program tam "$tam" "$mandir/man1/tam.1"
program issuer "$bindir/tam-issuer" "$mandir/man1/tam-issuer.1" "$mandir/man1/tam-mint.1"
program tamd "$sbindir/tamd" "$mandir/man8/tamd.8" "$mandir/man5/tamd.conf.5"
# --any-owner: a developer's prefix may be writable by a group.
for plugin in azure jwt; do
    if built "$plugin"; then
        check "the manual page of the plugin $plugin is there" test -s "$mandir/man8/tam_$plugin.8"
        ! built tam || check "the plugin $plugin is where libtam looks" "$tam" plugins --any-owner "$plugin"
    else
        check "the plugin $plugin is not installed" test ! -e "$plugindir/tam_$plugin.so"
    fi
    [ ! -e "$plugindir/tam_$plugin.la" ] || fail "tam_$plugin.la was left behind"
done
if built tam; then
    ! built azure || check 'a configuration is checked' "$tam" check --any-owner --config \
        'azure tenant_id=aaaabbbb-0000-cccc-1111-dddd2222eeee client_id=00001111-aaaa-2222-bbbb-3333cccc4444'
    check 'tam --help names the directory of services' sh -c '"$1" verify --help | grep -qF "$2/tam.d"' sh "$tam" "$sysconfdir"
fi
for page in man3/libtam.3 man5/tam.d.5 man7/tam.7 man7/tam-plugin.7; do
    check "the manual page $page is there" test -s "$mandir/$page"
    names_sysconfdir "$mandir/$page"
done
for example in tamd.conf nginx/snippets/tam.conf haproxy/tam.lua mcp/server.mjs; do
    check "the example $example is there" test -s "${exampledir:?}/examples/$example"
done
if [ "${systemdsystemunitdir:?}" != no ] && built tamd; then
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
! built tam || check 'tam asks the plugin' "$tam" verify --service="$work/service" a-token-of-the-installation
if built tam && "$tam" verify --service="$work/service" another-token-of-nobody >"$work/out" 2>"$work/log"; then
    fail 'tam refuses another token'
fi
echo "installcheck: $passed passed"
