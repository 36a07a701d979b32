#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual pages say what is there: every function of tam.h, every option of tam; and the plugin in them is built and loaded.
# Runs in the build directory; CC is the compiler.
set -eu
. ./tests/support/parts.sh
need_parts check tam

source=${srcdir:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fault=0
fail() {
    echo "FAIL: $*"
    fault=1
}

if command -v mandoc >/dev/null; then
    for page in "$source"/doc/*.[1-9] "$source"/tools/*.[1-9] "$source"/tools/*/*.[1-9] "$source"/plugins/*/*.[1-9]; do
        [ ! -f "$page" ] || mandoc -T lint -W warning "$page" || fail "$page has warnings"
    done
fi

# shellcheck disable=SC2013
for name in $(sed -n 's/^TAM_API[^(]*[ *]\(tam_[a-z0-9_]*\)(.*/\1/p' "$source/include/tam/tam.h"); do
    grep -Eq "^\.It .*Fn $name( |$)|, Fn $name( |$)" "$source/doc/libtam.3" || fail "libtam(3) does not name $name"
done
# shellcheck disable=SC2013
for name in $(sed -n 's/.*Fn \(tam_[a-z0-9_]*\).*/\1/p; s/, Fn /\n/g' "$source/doc/libtam.3" | grep -o '^tam_[a-z0-9_]*'); do
    grep -q "$name(" "$source/include/tam/tam.h" || fail "tam.h has no $name, which libtam(3) names"
done

commands=$(tools/tam/tam --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p')
[ -n "$commands" ] || fail "tam --help lists no command"
for command in $commands; do
    grep -q "^\.It Cm $command$" "$source/tools/tam/tam.1" || fail "tam(1) does not explain $command"
    [ "$command" != mint ] || continue
    for option in $(tools/tam/tam "$command" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
        grep -q "^\.It Fl -$option\( \|$\)" "$source/tools/tam/tam.1" || fail "tam(1) does not explain --$option of $command"
    done
done

# plugin NAME: tam_NAME(8) has each option of the plugin and no other, and its examples are services that may be opened.
plugin() {
    page=$source/plugins/$1/tam_$1.8
    cp "plugins/$1/.libs/tam_$1.so" "$work"
    tools/tam/tam plugins "$1" --any-owner --plugin-dir="$work" --json >"$work/options" || fail "tam plugins $1"
    grep -o '"key":"[a-z_]*"' "$work/options" | cut -d'"' -f4 | sort >"$work/has"
    sed -n 's/^\.It Cm \([a-z_]*\) Ns = .*/\1/p' "$page" | sort >"$work/says"
    diff -u "$work/has" "$work/says" || fail "tam_$1(8) and the plugin differ in their options"
    examples=0
    sed -n '/^\.Bd -literal/,/^\.Ed/p' "$page" | sed 's/\\e$/\\/' | csplit -s -z -f "$work/example" - '/^\.Bd/' '{*}'
    for example in "$work"/example*; do
        sed '/^\./d' "$example" >"$work/service"
        tools/tam/tam check --any-owner --plugin-dir="$work" --service="$work/service" || fail "an example of tam_$1(8)"
        examples=$((examples + 1))
        rm "$example"
    done
    tools/tam/tam check --any-owner --plugin-dir="$work" --service="$source/plugins/$1/example/api.example.com" >"$work/out" 2>&1 ||
        fail "the example of $1: $(cat "$work/out")"
    ! grep -q warning "$work/out" || fail "the example of $1: $(cat "$work/out")"
    [ "$examples" -ge 3 ] || fail "tam_$1(8) has $examples examples"
}
[ -n "$(parts_missing azure)" ] || plugin azure
[ -n "$(parts_missing jwt)" ] || plugin jwt

# What tamd's pages show are files, which other tests run.
"$source/scripts/manual-examples" --check || fail "an example differs from its file: scripts/manual-examples writes it again"

# tamd(8) has each option of the command, tamd.conf(5) each option of a statement and no other, and what they show is good.
[ -n "$(parts_missing tamd)" ] || for option in $(tools/tamd/tamd --help | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
    grep -q "^\.It Fl -$option\( \|$\)" "$source/tools/tamd/tamd.8" || fail "tamd(8) does not explain --$option"
done
sed -n 's/^.*\(HEADER_ROW(\|{ \)"\([a-z_]*\)",.*\(TAM_OPT_\|"X-\).*/\2/p' "$source"/tools/tamd/config/settings*.c |
    sed 's/^secret$/secret_file/' | sort -u >"$work/has"
grep '^\.It Cm' "$source/tools/tamd/tamd.conf.5" | grep -o 'Cm [a-z_]* Ns =' | cut -d' ' -f2 | sort -u >"$work/says"
[ "$(wc -l <"$work/has")" -gt 20 ] || fail "the options of tamd.conf are not found"
diff -u "$work/has" "$work/says" || fail "tamd.conf(5) and tamd differ in their options"
mkdir "$work/tamd"
cp tests/plugins/.libs/tam_one.so "$work/tamd"
echo 'one token_file=introspect.secret' >"$work/tamd/service"
echo 'sixteen-bytes-and-more' >"$work/tamd/introspect.secret"
sed -n '/^\.Bd -literal/,/^\.Ed/p' "$source/tools/tamd/tamd.conf.5" | csplit -s -z -f "$work/tamd/example" - '/^\.Bd/' '{*}'
for example in "$work"/tamd/example*; do
    sed 's/^\(service *name=[^ ]*\)/\1 file=service/; /^\./d' "$example" >"$work/tamd/conf"
    [ -n "$(parts_missing tamd)" ] ||
        tools/tamd/tamd --check --any-owner --plugin-dir="$work/tamd" --config="$work/tamd/conf" ||
        fail "an example of tamd.conf(5): $example"
done

mkdir "$work/plugins"
sed -n '/^#include <string.h>/,/^\.Ed/p' "$source/doc/tam-plugin.7" | sed '/^\.Ed/d; s/\\e/\\/g' >"$work/my.c"
# shellcheck disable=SC2086
${CC:-cc} -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -I"$source/include" "$work/my.c" -o "$work/plugins/tam_my.so" ||
    fail "the plugin of tam-plugin(7) is not built"
umask 077
echo 'a-word-for-everybody' >"$work/word"
echo 'my word_file=word' >"$work/service"
for row in 'a-word-for-everybody accept' 'a-word-for-everybodY reject' 'a-word reject' 'a-word-for-everybody-more reject'; do
    found=$(tools/tam/tam verify --any-owner --plugin-dir="$work/plugins" --service="$work/service" "${row% *}" 2>&1 || true)
    case $found in
    "${row#* }"*) ;;
    *) fail "the plugin of tam-plugin(7) says of ${row% *}: $found" ;;
    esac
done
exit $fault
