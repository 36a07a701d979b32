# SPDX-License-Identifier: MIT
# Of plugins/common and plugins/jose: claims, keys, sets of them, signatures, public vectors.
tests_of_jose = \
	plugins/jose/tests/test_claims \
	plugins/jose/tests/test_cookbook \
	plugins/jose/tests/test_key \
	plugins/jose/tests/test_keys \
	plugins/jose/tests/test_rfcs \
	plugins/jose/tests/test_token \
	plugins/jose/tests/test_wycheproof
tests_needing += $(tests_of_jose:=:check:jansson:plugins)
if TEST_JOSE
if BUILD_JOSE
check_PROGRAMS += $(tests_of_jose)
TESTS += $(tests_of_jose)
plugins_jose_tests_test_claims_SOURCES = plugins/jose/tests/test_claims.c $(tests_jose)
plugins_jose_tests_test_claims_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_claims_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_cookbook_SOURCES = plugins/jose/tests/test_cookbook.c $(tests_jose)
plugins_jose_tests_test_cookbook_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_cookbook_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_key_SOURCES = plugins/jose/tests/test_key.c $(tests_jose)
plugins_jose_tests_test_key_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_key_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_keys_SOURCES = plugins/jose/tests/test_keys.c $(tests_jose)
plugins_jose_tests_test_keys_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_keys_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_rfcs_SOURCES = plugins/jose/tests/test_rfcs.c $(tests_jose)
plugins_jose_tests_test_rfcs_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_rfcs_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_token_SOURCES = plugins/jose/tests/test_token.c $(tests_jose)
plugins_jose_tests_test_token_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_token_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_wycheproof_SOURCES = plugins/jose/tests/test_wycheproof.c tests/support/wycheproof.c tests/support/wycheproof.h $(tests_jose)
plugins_jose_tests_test_wycheproof_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_wycheproof_LDADD = $(tests_jose_libs)
endif
endif

# Against a signer that others wrote.
tests_of_jws = \
	plugins/jose/tests/test_jws
tests_needing += $(tests_of_jws:=:check:issuer:libcurl:libssl:plugins)
if TEST_ISSUER
if BUILD_JOSE
check_PROGRAMS += $(tests_of_jws)
TESTS += $(tests_of_jws)
plugins_jose_tests_test_jws_SOURCES = plugins/jose/tests/test_jws.c $(tests_jose)
plugins_jose_tests_test_jws_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_jws_LDADD = $(tests_jose_libs) $(LIBJWT_LIBS)
endif
endif

# The life of a key set, over a scripted key server and under a clock that only the tests move.
tests_of_keyset = \
	plugins/jose/tests/test_keyset_discovery \
	plugins/jose/tests/test_keyset_disk \
	plugins/jose/tests/test_keyset_forced \
	plugins/jose/tests/test_keyset_refresh \
	plugins/jose/tests/test_keyset_thread
tests_needing += $(tests_of_keyset:=:check:issuer:libcurl:libssl:azure:jwt)
if TEST_ISSUER
if BUILD_AZURE
if BUILD_JWT
check_PROGRAMS += $(tests_of_keyset)
TESTS += $(tests_of_keyset)
plugins_jose_tests_test_keyset_discovery_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_keyset_discovery_LDADD = tests/libkeyset.la
plugins_jose_tests_test_keyset_disk_SOURCES = plugins/jose/tests/test_keyset_disk.c tests/support/scratch.c tests/support/scratch.h
plugins_jose_tests_test_keyset_disk_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_keyset_disk_LDADD = tests/libkeyset.la
plugins_jose_tests_test_keyset_forced_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_keyset_forced_LDADD = tests/libkeyset.la
plugins_jose_tests_test_keyset_refresh_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_keyset_refresh_LDADD = tests/libkeyset.la
plugins_jose_tests_test_keyset_thread_SOURCES = plugins/jose/tests/test_keyset_thread.c tests/support/scratch.c tests/support/scratch.h
plugins_jose_tests_test_keyset_thread_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_keyset_thread_LDADD = tests/libkeyset.la
endif
endif
endif

# A jwt verifier whose keys a scripted server serves.
tests_of_servers = \
	plugins/jose/tests/test_addresses \
	plugins/jose/tests/test_flood \
	plugins/jose/tests/test_hostile_keys \
	plugins/jose/tests/test_hostile_servers
tests_needing += $(tests_of_servers:=:check:issuer:libcurl:libssl:jwt)
if TEST_ISSUER
if BUILD_JWT
check_PROGRAMS += $(tests_of_servers)
TESTS += $(tests_of_servers)
plugins_jose_tests_test_addresses_SOURCES = plugins/jose/tests/test_addresses.c tests/support/scratch.c tests/support/scratch.h $(tests_served)
plugins_jose_tests_test_addresses_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_addresses_LDADD = $(tests_jose_host_libs)
plugins_jose_tests_test_flood_SOURCES = plugins/jose/tests/test_flood.c $(tests_served)
plugins_jose_tests_test_flood_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_flood_LDADD = $(tests_jose_host_libs)
plugins_jose_tests_test_hostile_keys_SOURCES = plugins/jose/tests/test_hostile_keys.c $(tests_served)
plugins_jose_tests_test_hostile_keys_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_hostile_keys_LDADD = $(tests_jose_host_libs)
plugins_jose_tests_test_hostile_servers_SOURCES = plugins/jose/tests/test_hostile_servers.c $(tests_served)
plugins_jose_tests_test_hostile_servers_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_hostile_servers_LDADD = $(tests_jose_host_libs)
endif
endif

# The rotation drill: its short form is a test, `make drill` plays the long one and prints its figures.
tests_of_drill = \
	plugins/jose/tests/test_drill
tests_needing += $(tests_of_drill:=:check:issuer:libcurl:libssl:azure)
if TEST_ISSUER
if BUILD_AZURE
check_PROGRAMS += $(tests_of_drill)
TESTS += $(tests_of_drill)
plugins_jose_tests_test_drill_SOURCES = plugins/jose/tests/test_drill.c tests/support/drill_asker.c tests/support/drill.h
plugins_jose_tests_test_drill_CPPFLAGS = $(tests_cppflags)
plugins_jose_tests_test_drill_LDADD = $(tests_host_libs)
endif
endif

drill: all plugins/jose/tests/test_drill$(EXEEXT)
	plugins/jose/tests/test_drill$(EXEEXT) --long
.PHONY: drill
