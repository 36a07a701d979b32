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

tests_programs_of_servers = tests/test_scripted_server
check_PROGRAMS += $(tests_programs_of_servers)
TESTS += $(tests_programs_of_servers)
tests_test_scripted_server_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(CURL_CFLAGS)
tests_test_scripted_server_LDADD = tests/support/libscripted.la $(CURL_LIBS)
endif
