# SPDX-License-Identifier: MIT
# libtam through its public header, over plugins that do what a test says.
tests_fixture = tests/fixture.c tests/fixture.h
tests_fixture_cppflags = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -DTEST_PLUGIN_DIR='"$(abs_builddir)/tests/plugins/.libs"'
tests_fixture_libs = src/libtam.la $(CHECK_LIBS) -lpthread
tests_plugin_ldflags = $(tam_plugin_ldflags) -rpath /nowhere

if HAVE_CHECK
check_LTLIBRARIES += tests/plugins/tam_one.la tests/plugins/tam_puppet.la
tests_plugins_tam_one_la_SOURCES = tests/plugins/one.c
tests_plugins_tam_one_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_puppet_la_SOURCES = tests/plugins/puppet.c
tests_plugins_tam_puppet_la_LDFLAGS = $(tests_plugin_ldflags)

tests_programs_of_libtam = tests/test_authorization
check_PROGRAMS += $(tests_programs_of_libtam)
TESTS += $(tests_programs_of_libtam)

tests_test_authorization_SOURCES = tests/test_authorization.c $(tests_fixture)
tests_test_authorization_CPPFLAGS = $(tests_fixture_cppflags)
tests_test_authorization_LDADD = $(tests_fixture_libs)
endif
