#!/bin/bash
# SPDX-License-Identifier: MIT
# A real HAProxy, with examples/haproxy as users copy it: what test_nginx.sh asks of nginx.
# shellcheck disable=SC2154
set -u
. "${srcdir:-.}/tests/support/proxy.sh"
need haproxy
start_behind
start_haproxy

judge
judge_outage

# A fault of the script itself: HAProxy would go on with the request.
stop "$proxy"
rm -rf "${work:?}/haproxy"
broken=yes start_haproxy
as "$good" /app/file
answered 'a script that fails lets nobody in' 503 '!^GET'
ask /public/file -H 'X-Tam-Subject: forged'
answered 'whoever one says to be' 503 '!^GET'
conclude haproxy
