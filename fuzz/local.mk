# SPDX-License-Identifier: MIT
# Fuzz targets. `make check` runs each over changed seeds; for more, in a build folder of its own:
#   configure CC=clang CXX=clang++ CFLAGS='-g -O1 -fsanitize=fuzzer-no-link,address,undefined'
#   make fuzz/checks fuzz/discovery fuzz/json fuzz/jwks fuzz/response fuzz/target fuzz/token fuzz_main= FUZZ_LDFLAGS=-fsanitize=fuzzer,address,undefined
#   fuzz/token -max_total_time=600
fuzz_programs = fuzz/json fuzz/target
if BUILD_JOSE
fuzz_programs += fuzz/discovery fuzz/jwks fuzz/response fuzz/token
endif
if BUILD_AZURE
if BUILD_JWT
fuzz_programs += fuzz/checks
endif
endif
tests_needing += fuzz/discovery:plugins fuzz/jwks:plugins fuzz/response:plugins fuzz/token:plugins fuzz/checks:azure:jwt
fuzz_main = fuzz/standalone.$(OBJEXT)
check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)
EXTRA_PROGRAMS = fuzz/standalone

fuzz_standalone_SOURCES = fuzz/standalone.c
fuzz_checks_SOURCES = fuzz/checks.c fuzz/fuzz.h
fuzz_checks_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) -DTAM_TOP_BUILDDIR='"$(abs_top_builddir)"'
fuzz_checks_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_checks_LDADD = $(fuzz_main) src/libtam.la src/base/libbase.la $(CRYPTO_LIBS)
fuzz_checks_DEPENDENCIES = $(fuzz_main) src/libtam.la src/base/libbase.la
fuzz_discovery_SOURCES = fuzz/discovery.c fuzz/fuzz.h
fuzz_discovery_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
fuzz_discovery_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_discovery_LDADD = $(fuzz_main) plugins/jose/libjose.la $(CURL_LIBS)
fuzz_discovery_DEPENDENCIES = $(fuzz_main) plugins/jose/libjose.la
fuzz_json_SOURCES = fuzz/json.c fuzz/fuzz.h
fuzz_json_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_json_LDADD = $(fuzz_main) src/base/libbase.la
fuzz_json_DEPENDENCIES = $(fuzz_main) src/base/libbase.la
fuzz_jwks_SOURCES = fuzz/jwks.c fuzz/fuzz.h
fuzz_jwks_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
fuzz_jwks_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_jwks_LDADD = $(fuzz_main) plugins/jose/libjose.la $(CRYPTO_LIBS)
fuzz_jwks_DEPENDENCIES = $(fuzz_main) plugins/jose/libjose.la
fuzz_response_SOURCES = fuzz/response.c fuzz/fuzz.h
fuzz_response_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_response_LDADD = $(fuzz_main) plugins/jose/libjose.la
fuzz_response_DEPENDENCIES = $(fuzz_main) plugins/jose/libjose.la
fuzz_target_SOURCES = fuzz/target.c fuzz/fuzz.h \
	tools/tamd/http/escape.c tools/tamd/http/form.c tools/tamd/route/alike.c tools/tamd/route/target.c
fuzz_target_CPPFLAGS = $(AM_CPPFLAGS)
fuzz_target_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_target_LDADD = $(fuzz_main) src/base/libbase.la
fuzz_target_DEPENDENCIES = $(fuzz_main) src/base/libbase.la
fuzz_token_SOURCES = fuzz/token.c fuzz/fuzz.h
fuzz_token_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_token_LDADD = $(fuzz_main) plugins/jose/libjose.la
fuzz_token_DEPENDENCIES = $(fuzz_main) plugins/jose/libjose.la
