# SPDX-License-Identifier: MIT
# tamd, over sockets.
if HAVE_CHECK
tests_programs_of_tamd = tests/system/test_tamd tests/system/test_tamd_admin tests/system/test_tamd_disguises tests/system/test_tamd_keys \
	tests/system/test_tamd_life tests/system/test_tamd_server tests/system/test_tamd_settings
check_PROGRAMS += $(tests_programs_of_tamd)
TESTS += $(tests_programs_of_tamd)

check_LTLIBRARIES += tests/libtamdprocess.la
tests_libtamdprocess_la_SOURCES = tests/support/tamd_process.c tests/support/tamd_process.h tests/support/scratch.c tests/support/scratch.h
tests_libtamdprocess_la_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -DTAM_TOP_BUILDDIR='"$(abs_top_builddir)"'
tests_libtamdprocess_la_LIBADD = $(CHECK_LIBS)
tests_system_test_tamd_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_system_test_tamd_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_admin_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_system_test_tamd_admin_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_disguises_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_system_test_tamd_disguises_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_keys_CPPFLAGS = $(tests_azure_cppflags) $(CURL_CFLAGS)
tests_system_test_tamd_keys_LDADD = tests/libtamdprocess.la $(tests_azure_libs) $(CURL_LIBS)
tests_system_test_tamd_life_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_system_test_tamd_life_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_server_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_system_test_tamd_server_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_settings_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_system_test_tamd_settings_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
endif
