# SPDX-License-Identifier: MIT
# tamd as others run it: its units, and what stands before and behind it.
TESTS += tests/system/test_caddy.sh tests/system/test_disguises.sh tests/system/test_haproxy.sh tests/system/test_nginx.sh tests/system/test_units.sh
# A sanitizer asks the kernel for more than tamd does.
if !SANITIZERS
TESTS += tests/system/test_sandbox.sh
endif
EXTRA_DIST += tests/support/daemons.sh tests/support/proxy.sh tests/system/test_caddy.sh tests/system/test_disguises.sh tests/system/test_haproxy.sh \
	tests/system/test_nginx.sh tests/system/test_sandbox.sh tests/system/test_units.sh tests/disguises/attack.py tests/disguises/flask_app.py \
	tests/disguises/requests tests/disguises/tamd-verify.conf

check_PROGRAMS += tests/support/backend
tests_support_backend_SOURCES = tests/support/backend.c tests/support/serve.c tests/support/serve.h
tests_support_backend_CPPFLAGS = $(AM_CPPFLAGS) $(MICROHTTPD_CFLAGS)
tests_support_backend_LDADD = $(MICROHTTPD_LIBS)
