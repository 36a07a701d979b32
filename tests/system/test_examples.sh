#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the two example hosts over the test plugin: the same answers from both, parked questions resumed by one wake, and an end
# for those that nobody wakes.
set -eu
. ./tests/support/parts.sh
need_parts check

build=${abs_top_builddir:-$PWD}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# A copy: the build directory may be writable by a group, and then libtam loads nothing from it.
cp "$build/tests/plugins/.libs/tam_puppet.so" "$dir"
export TAM_PLUGIN_DIR=$dir

failed=0
check() { # NAME: $dir/expected against $dir/found
    if diff -u "$dir/expected" "$dir/found"; then
        echo "ok: $1"
    else
        echo "FAILED: $1"
        failed=1
    fi
}

# ---- The program that README and libtam(3) show: one and the same, built without a warning, and it does what it says
source=${srcdir:-.}
sed -n '/^```c$/,/^```$/p' "$source/README.md" | sed '/^```/d' >"$dir/shown.c"
sed -n '/^#include <stdio.h>/,/^\.Ed/p' "$source/doc/libtam.3" | sed '/^\.Ed/d; s/\\e/\\/g' >"$dir/manual.c"
cp "$dir/shown.c" "$dir/expected" && cp "$dir/manual.c" "$dir/found"
check "README and libtam(3) show one program"
cp "$build/tests/plugins/.libs/tam_one.so" "$dir"
# shellcheck disable=SC2086
${CC:-cc} ${CFLAGS:-} -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -I"$source/include" "$dir/shown.c" \
    -L"$build/src/.libs" -Wl,-rpath,"$build/src/.libs" -ltam ${TAM_LDFLAGS:-} -o "$dir/shown"
status=0
"$dir/shown" >"$dir/found" 2>&1 || status=$?
echo "exit status $status" >>"$dir/found"
sed 's|/.*/api.example.com|api.example.com|' "$dir/found" >"$dir/one" && mv "$dir/one" "$dir/found"
printf '%s\n' 'api.example.com cannot be opened: No such file or directory' 'exit status 1' >"$dir/expected"
check 'the program tells why it cannot open its service'
# The same over the plugin "one", from a file that may be anywhere.
sed "s|tam_service_open(\"api.example.com\"|tam_service_open_file(\"$dir/one.service\"|" "$dir/shown.c" >"$dir/moved.c"
# shellcheck disable=SC2086
${CC:-cc} ${CFLAGS:-} -I"$source/include" "$dir/moved.c" -L"$build/src/.libs" -Wl,-rpath,"$build/src/.libs" -ltam ${TAM_LDFLAGS:-} -o "$dir/moved"
(umask 077 && echo one token_file=one.token subject=stranger >"$dir/one.service" && echo sixteen-bytes-and-more >"$dir/one.token")
printf '%s\n' '200 for stranger' 401 'WWW-Authenticate: Bearer realm="one.service"' >"$dir/expected"
{ "$dir/moved" 'Bearer sixteen-bytes-and-more'; "$dir/moved"; } >"$dir/found" 2>&1
check 'the program lets the bearer in, and tells others what to do'

cat >"$dir/service" <<'END'
resource url=https://api.example.com/mcp
service timeout=1s
puppet described_scopes=api://x/read
END
metadata='resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"'
invalid='error_description="The access token is not valid here"'

# ---- Every kind of answer, from both
printf '%s\n' 'Bearer accept.1' 'Bearer reject.10' '' 'Basic abc' 'Bearer' 'Bearer unavailable.3' >"$dir/values"
printf 'bearer accept.1' >>"$dir/values" # without a newline at its end
cat >"$dir/expected" <<END
1 200 alice
2 401 Bearer error="invalid_token", scope="api://x/read", $metadata, $invalid
3 401 Bearer scope="api://x/read", $metadata
4 401 Bearer scope="api://x/read", $metadata
5 400 Bearer error="invalid_request", $metadata, error_description="Send exactly one bearer token in the Authorization header"
6 503 
7 200 alice
END
for host in host loop; do
    "$build/examples/$host" "$dir/service" <"$dir/values" >"$dir/found" 2>"$dir/log"
    check "$host answers"
done

# ---- 200 questions parked, resumed by one wake from inside another; and again by a wake of a thread
for wake in release thread; do
    for i in $(seq 200); do echo "Bearer park.$i"; done >"$dir/values"
    echo "Bearer $wake" >>"$dir/values"
    for i in $(seq 201); do echo "$i 200 alice"; done >"$dir/expected"
    "$build/examples/loop" "$dir/service" <"$dir/values" 2>"$dir/log" | sort -n >"$dir/found"
    check "loop resumes all parked by $wake"
done

# ---- Nobody wakes: each gets its end after the timeout of one second, and only then
printf '%s\n' 'Bearer park' 'Bearer accept.1' 'Bearer park' >"$dir/values"
printf '%s\n' '2 200 alice' '1 503 ' '3 503 ' >"$dir/expected"
begin=$(date +%s%N)
"$build/examples/loop" "$dir/service" <"$dir/values" >"$dir/found" 2>"$dir/log"
end=$(date +%s%N)
sort -k2n,2 -k1n,1 "$dir/found" -o "$dir/found"
check "loop ends what nobody wakes"
if [ $(((end - begin) / 1000000)) -lt 1000 ]; then
    echo "FAILED: the end came before the deadline"
    failed=1
fi

# ---- A configuration that does not open
echo 'nonsense' >"$dir/bad"
for host in host loop; do
    status=0
    "$build/examples/$host" "$dir/bad" </dev/null >"$dir/found" 2>&1 || status=$?
    if [ "$status" -ne 3 ]; then
        echo "FAILED: $host opens a bad file ($status)"
        failed=1
    fi
done
exit $failed
