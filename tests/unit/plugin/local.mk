# SPDX-License-Identifier: MIT
tests_of_loader = \
	tests/unit/plugin/test_plugin
tests_needing += $(tests_of_loader:=:check)
if HAVE_CHECK
check_PROGRAMS += $(tests_of_loader)
TESTS += $(tests_of_loader)
tests_unit_plugin_test_plugin_SOURCES = tests/unit/plugin/test_plugin.c $(tests_core)
tests_unit_plugin_test_plugin_CPPFLAGS = $(tests_cppflags)
tests_unit_plugin_test_plugin_LDADD = $(tests_core_libs)
endif
