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

tests_programs_of_servers = tests/test_addresses tests/test_flood tests/test_hostile_keys \
	tests/test_hostile_servers tests/test_jwt_keys tests/test_jwt_secrets tests/test_memory tests/test_no_error \
	tests/test_scripted_server
check_PROGRAMS += $(tests_programs_of_servers)
TESTS += $(tests_programs_of_servers)

# A jwt verifier whose keys a scripted server serves.
tests_served = tests/served_host.c tests/served_host.h $(tests_jose)
tests_served_cppflags = $(tests_azure_cppflags) -DTEST_SOURCE_DIR='"$(abs_top_srcdir)"'
tests_served_libs = tests/libpluginhost.la tests/support/libscripted.la plugins/jose/libjose.la \
	$(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)
tests_test_addresses_SOURCES = tests/test_addresses.c tests/scratch.c tests/scratch.h $(tests_served)
tests_test_addresses_CPPFLAGS = $(tests_served_cppflags)
tests_test_addresses_LDADD = $(tests_served_libs)
tests_test_flood_SOURCES = tests/test_flood.c $(tests_served)
tests_test_flood_CPPFLAGS = $(tests_served_cppflags)
tests_test_flood_LDADD = $(tests_served_libs)
tests_test_hostile_keys_SOURCES = tests/test_hostile_keys.c $(tests_served)
tests_test_hostile_keys_CPPFLAGS = $(tests_served_cppflags)
tests_test_hostile_keys_LDADD = $(tests_served_libs)
tests_test_hostile_servers_SOURCES = tests/test_hostile_servers.c $(tests_served)
tests_test_hostile_servers_CPPFLAGS = $(tests_served_cppflags)
tests_test_hostile_servers_LDADD = $(tests_served_libs)
tests_test_jwt_keys_SOURCES = tests/test_jwt_keys.c tests/scratch.c tests/scratch.h $(tests_jose)
tests_test_jwt_keys_CPPFLAGS = $(tests_served_cppflags) $(CRYPTO_CFLAGS)
tests_test_jwt_keys_LDADD = tests/libpluginhost.la plugins/jose/libjose.la $(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)
tests_test_jwt_secrets_SOURCES = tests/test_jwt_secrets.c tests/scratch.c tests/scratch.h $(tests_jose)
tests_test_jwt_secrets_CPPFLAGS = $(tests_test_jwt_keys_CPPFLAGS)
tests_test_jwt_secrets_LDADD = $(tests_test_jwt_keys_LDADD)
# Keys in a file, and tokens that they signed.
tests_signed = tests/signed_host.c tests/signed_host.h tests/scratch.c tests/scratch.h $(tests_jose)
tests_signed_cppflags = $(tests_served_cppflags) $(CRYPTO_CFLAGS)
tests_signed_libs = tests/libpluginhost.la plugins/jose/libjose.la $(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread
tests_test_memory_SOURCES = tests/test_memory.c $(tests_signed)
tests_test_memory_CPPFLAGS = $(tests_signed_cppflags)
tests_test_memory_LDADD = $(tests_signed_libs)
tests_test_no_error_SOURCES = tests/test_no_error.c $(tests_signed)
tests_test_no_error_CPPFLAGS = $(tests_signed_cppflags)
tests_test_no_error_LDADD = $(tests_signed_libs)
tests_test_scripted_server_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(CURL_CFLAGS)
tests_test_scripted_server_LDADD = tests/support/libscripted.la $(CURL_LIBS)
endif
