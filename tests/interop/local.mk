# SPDX-License-Identifier: MIT
# Other people's clients and judges; scripts/test --interop runs them.
if BUILD_TAMD
if TEST_JSON
check_PROGRAMS += tests/interop/guard
tests_interop_guard_SOURCES = tests/interop/guard.c
tests_interop_guard_CPPFLAGS = $(AM_CPPFLAGS) $(MICROHTTPD_CFLAGS) $(JANSSON_CFLAGS)
tests_interop_guard_LDADD = src/libtam.la $(MICROHTTPD_LIBS) $(JANSSON_LIBS)
endif
endif
EXTRA_DIST += tests/interop/browser.test.mjs tests/interop/clients.test.mjs tests/interop/door.mjs \
	tests/interop/door.test.mjs tests/interop/entra.test.mjs tests/interop/express.mjs \
	tests/interop/jose.test.mjs tests/interop/mcp.test.mjs tests/interop/memory.mjs tests/interop/package-lock.json \
	tests/interop/package.json tests/interop/provider.mjs tests/interop/run tests/interop/tam.mjs
