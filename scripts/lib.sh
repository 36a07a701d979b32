# SPDX-License-Identifier: MIT
# What the scripts share: installing packages, building out of tree, a development issuer. Sourced, with `top` set to the checkout.
# shellcheck shell=sh disable=SC2034,SC2154

packages="gcc g++ make autoconf automake libtool pkg-config libc6-dev libssl-dev libcurl4-openssl-dev libjwt-dev
libjansson-dev libmicrohttpd-dev libgnutls28-dev check"

say() { printf '%s\n' "$*" >&2; }
die() { say "$0: $*"; exit 1; }

# install_packages PACKAGE...: with apt, as root or through sudo, and only those that are not there.
install_packages() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    say "installing:$missing"
    $as_root apt-get update -qq >/dev/null || die "apt-get update failed"
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        die "installing$missing failed"
}

# sources: sets `source`, the tree to configure from. A tree that was configured in place holds objects and a config.h that a
# build elsewhere would find first, so a copy of what a release holds is used instead.
sources() {
    source=$top
    if [ -f "$top/config.status" ]; then
        source=$top/build/source
        say "$top was configured in place: building from a copy, build/source"
        mkdir -p "$top/build"
        make -s -C "$top" distdir distdir=build/source >"$top/build/source.log" 2>&1 ||
            { tail -n 20 "$top/build/source.log" >&2; die "copying the sources failed"; }
    fi
    [ -x "$source/configure" ] || (cd "$source" && autoreconf -fi >"$dir/autoreconf.log" 2>&1) ||
        die "autoreconf failed: see $dir/autoreconf.log"
}

# build DIR [CONFIGURE-OPTION...]: configured and built out of tree, quietly.
build() {
    dir=$1
    shift
    mkdir -p "$dir"
    sources
    if [ -f "$dir/config.status" ] && [ "$(cat "$dir/.source" 2>/dev/null)" != "$source" ]; then
        rm -rf "$dir" && mkdir "$dir"
    fi
    echo "$source" >"$dir/.source"
    (
        cd "$dir"
        if [ ! -f config.status ]; then
            "$source/configure" -q "$@" >configure.log 2>&1 || { tail -n 20 configure.log >&2; exit 1; }
        fi
        make -s -j"$(nproc)" >make.log 2>&1 || { tail -n 40 make.log >&2; exit 1; }
    ) || die "the build in $dir failed"
}

# Whom the issuer's tokens are for.
tenant=aaaabbbb-0000-cccc-1111-dddd2222eeee client=00001111-aaaa-2222-bbbb-3333cccc4444

# start_issuer PROGRAM DIR: tam-issuer in that directory, with a certificate for Microsoft's name, of an authority of its own.
# Sets `issuer`, its pid, and `issuer_options`, with which the azure plugin asks it.
start_issuer() {
    mkfifo "$2.ready"
    "$1" --dir="$2" --name=login.microsoftonline.com >"$2.ready" 2>"$2.log" &
    issuer=$!
    word=
    read -r word port ca <"$2.ready" || true
    [ "$word" = ready ] || { cat "$2.log" >&2; die "the issuer did not start"; }
    issuer_options="ca_file=${ca#ca=} connect_to=login.microsoftonline.com:443:127.0.0.1:${port#port=}"
}
