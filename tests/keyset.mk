# SPDX-License-Identifier: MIT
# The life of a key set, over a scripted key server and under a clock that only the tests move.
if HAVE_CHECK
check_LTLIBRARIES += tests/libkeyset.la
tests_libkeyset_la_SOURCES = tests/support/keyset_scene.c tests/support/keyset_scene.h $(tests_jose)
tests_libkeyset_la_CPPFLAGS = $(tests_jose_cppflags) -DTAM_TOP_BUILDDIR='"$(abs_top_builddir)"'
tests_libkeyset_la_LIBADD = tests/libfixture.la tests/support/libscripted.la plugins/jose/libjose.la \
	$(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread

tests_programs_of_keyset = plugins/jose/tests/test_keyset_discovery plugins/jose/tests/test_keyset_disk plugins/jose/tests/test_keyset_forced \
	plugins/jose/tests/test_keyset_refresh plugins/jose/tests/test_keyset_thread plugins/common/tests/test_loop
check_PROGRAMS += $(tests_programs_of_keyset)
TESTS += $(tests_programs_of_keyset)
plugins_common_tests_test_loop_CPPFLAGS = $(tests_libkeyset_la_CPPFLAGS) $(CURL_CFLAGS)
plugins_common_tests_test_loop_LDADD = tests/libkeyset.la
plugins_jose_tests_test_keyset_discovery_CPPFLAGS = $(tests_libkeyset_la_CPPFLAGS)
plugins_jose_tests_test_keyset_discovery_LDADD = tests/libkeyset.la
plugins_jose_tests_test_keyset_disk_SOURCES = plugins/jose/tests/test_keyset_disk.c tests/support/scratch.c tests/support/scratch.h
plugins_jose_tests_test_keyset_disk_CPPFLAGS = $(tests_libkeyset_la_CPPFLAGS)
plugins_jose_tests_test_keyset_disk_LDADD = tests/libkeyset.la
plugins_jose_tests_test_keyset_forced_CPPFLAGS = $(tests_libkeyset_la_CPPFLAGS)
plugins_jose_tests_test_keyset_forced_LDADD = tests/libkeyset.la
plugins_jose_tests_test_keyset_refresh_CPPFLAGS = $(tests_libkeyset_la_CPPFLAGS)
plugins_jose_tests_test_keyset_refresh_LDADD = tests/libkeyset.la
plugins_jose_tests_test_keyset_thread_SOURCES = plugins/jose/tests/test_keyset_thread.c tests/support/scratch.c tests/support/scratch.h
plugins_jose_tests_test_keyset_thread_CPPFLAGS = $(tests_libkeyset_la_CPPFLAGS)
plugins_jose_tests_test_keyset_thread_LDADD = tests/libkeyset.la
endif
