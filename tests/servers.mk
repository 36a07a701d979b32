# SPDX-License-Identifier: MIT
# Key servers that misbehave: a real process that plays what a test scripts, and the tests over it.
if HAVE_CHECK
check_LTLIBRARIES += tests/support/libscripted.la
tests_support_libscripted_la_SOURCES = \
	tests/support/scripted_process.c \
	tests/support/scripted_script.h \
	tests/support/scripted_server.c tests/support/scripted_server.h
tests_support_libscripted_la_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(SSL_CFLAGS) $(CRYPTO_CFLAGS)
tests_support_libscripted_la_LIBADD = tests/support/libsupport.la $(CHECK_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) -lpthread

tests_programs_of_servers = plugins/jose/tests/test_addresses plugins/jose/tests/test_flood plugins/jose/tests/test_hostile_keys \
	plugins/jose/tests/test_hostile_servers plugins/jwt/tests/test_jwt_keys plugins/jwt/tests/test_jwt_secrets tests/unit/verify/test_memory tests/unit/verify/test_no_error \
	tests/system/test_scripted_server
check_PROGRAMS += $(tests_programs_of_servers)
TESTS += $(tests_programs_of_servers)

# A jwt verifier whose keys a scripted server serves.
tests_served = tests/support/served_host.c tests/support/served_host.h $(tests_jose)
tests_served_cppflags = $(tests_azure_cppflags) -DTEST_SOURCE_DIR='"$(abs_top_srcdir)"'
tests_served_libs = tests/libpluginhost.la tests/support/libscripted.la plugins/jose/libjose.la \
	$(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)
plugins_jose_tests_test_addresses_SOURCES = plugins/jose/tests/test_addresses.c tests/support/scratch.c tests/support/scratch.h $(tests_served)
plugins_jose_tests_test_addresses_CPPFLAGS = $(tests_served_cppflags)
plugins_jose_tests_test_addresses_LDADD = $(tests_served_libs)
plugins_jose_tests_test_flood_SOURCES = plugins/jose/tests/test_flood.c $(tests_served)
plugins_jose_tests_test_flood_CPPFLAGS = $(tests_served_cppflags)
plugins_jose_tests_test_flood_LDADD = $(tests_served_libs)
plugins_jose_tests_test_hostile_keys_SOURCES = plugins/jose/tests/test_hostile_keys.c $(tests_served)
plugins_jose_tests_test_hostile_keys_CPPFLAGS = $(tests_served_cppflags)
plugins_jose_tests_test_hostile_keys_LDADD = $(tests_served_libs)
plugins_jose_tests_test_hostile_servers_SOURCES = plugins/jose/tests/test_hostile_servers.c $(tests_served)
plugins_jose_tests_test_hostile_servers_CPPFLAGS = $(tests_served_cppflags)
plugins_jose_tests_test_hostile_servers_LDADD = $(tests_served_libs)
plugins_jwt_tests_test_jwt_keys_SOURCES = plugins/jwt/tests/test_jwt_keys.c tests/support/scratch.c tests/support/scratch.h $(tests_jose)
plugins_jwt_tests_test_jwt_keys_CPPFLAGS = $(tests_served_cppflags) $(CRYPTO_CFLAGS)
plugins_jwt_tests_test_jwt_keys_LDADD = tests/libpluginhost.la plugins/jose/libjose.la $(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)
plugins_jwt_tests_test_jwt_secrets_SOURCES = plugins/jwt/tests/test_jwt_secrets.c tests/support/scratch.c tests/support/scratch.h $(tests_jose)
plugins_jwt_tests_test_jwt_secrets_CPPFLAGS = $(plugins_jwt_tests_test_jwt_keys_CPPFLAGS)
plugins_jwt_tests_test_jwt_secrets_LDADD = $(plugins_jwt_tests_test_jwt_keys_LDADD)
# Keys in a file, and tokens that they signed.
tests_signed = tests/support/signed_host.c tests/support/signed_host.h tests/support/scratch.c tests/support/scratch.h $(tests_jose)
tests_signed_cppflags = $(tests_served_cppflags) $(CRYPTO_CFLAGS)
tests_signed_libs = tests/libpluginhost.la plugins/jose/libjose.la $(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread
tests_unit_verify_test_memory_SOURCES = tests/unit/verify/test_memory.c $(tests_signed)
tests_unit_verify_test_memory_CPPFLAGS = $(tests_signed_cppflags)
tests_unit_verify_test_memory_LDADD = $(tests_signed_libs)
tests_unit_verify_test_no_error_SOURCES = tests/unit/verify/test_no_error.c $(tests_signed)
tests_unit_verify_test_no_error_CPPFLAGS = $(tests_signed_cppflags)
tests_unit_verify_test_no_error_LDADD = $(tests_signed_libs)
tests_system_test_scripted_server_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(CURL_CFLAGS)
tests_system_test_scripted_server_LDADD = tests/support/libscripted.la $(CURL_LIBS)
endif
