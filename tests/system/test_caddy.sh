#!/bin/bash
# SPDX-License-Identifier: MIT
# A real Caddy, with examples/caddy as users copy it: what test_nginx.sh asks of nginx.
# shellcheck disable=SC2154
set -u
. "${srcdir:-.}/tests/support/proxy.sh"
need caddy
start_behind
start_caddy

judge
judge_outage
conclude caddy
