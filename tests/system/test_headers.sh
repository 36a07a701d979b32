#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, without a warning, as C99, C11 and C++; so does a plugin in C++.
set -eu
top=${srcdir:-.}
CC=${CC:-cc} CXX=${CXX:-c++}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fault=0

# try LANGUAGE FILE: compiles it with every standard of that language.
try() {
    case $1 in
    c) compiler=$CC standards='c99 c11' more=-Wstrict-prototypes ;;
    *) compiler=$CXX standards='c++11 c++17' more= ;;
    esac
    for standard in $standards; do
        # shellcheck disable=SC2086
        $compiler -x "$1" -std="$standard" -pedantic -Wall -Wextra -Wconversion $more -Werror -fsyntax-only \
            -I"$top/include" -I"$top" "$2" || { echo "FAIL: $2 as $standard"; fault=1; }
    done
}

for header in tam/types.h tam/tam.h tam/plugin.h tests/abi/plugin_1_0.h; do
    name=$(echo "$header" | tr / _)
    printf '#include <%s>\n#include <%s>\nextern int nothing;\n' "$header" "$header" >"$work/$name"
    try c "$work/$name"
    try c++ "$work/$name"
done

cat >"$work/plugin.cc" <<'EOF'
#include <tam/plugin.h>
static const struct tam_option options[] = {
    { "subject", TAM_OPT_STRING, 0, 0, 0, "developer", nullptr, "who bears every token" },
};
static int open_one(const struct tam_config *, const struct tam_host *, uint32_t, void **) {
    return 1;
}
static uint32_t verify_one(void *, const struct tam_request *, struct tam_verdict *) {
    return TAM_VERDICT_NOT_MINE;
}
static int describe_one(void *, const struct tam_description_request *, struct tam_description *) {
    return 0;
}
static void close_one(void *) {
}
const struct tam_plugin tam_plugin_v1 = { TAM_PLUGIN_HEAD(options), "one", "1.0", "one", options,
                                          open_one, verify_one, describe_one, close_one, nullptr };
EOF
try c++ "$work/plugin.cc"

# The control: a warning does fail it.
printf '#include <tam/tam.h>\nunsigned char bad(int x);\nunsigned char bad(int x) { return x; }\n' >"$work/bad.c"
if (try c "$work/bad.c"; exit "$fault") >/dev/null 2>&1; then
    echo "FAIL: a warning goes unseen"
    fault=1
fi
exit "$fault"
