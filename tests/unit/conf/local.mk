# SPDX-License-Identifier: MIT
tests_of_conf = \
	tests/unit/conf/test_nearest \
	tests/unit/conf/test_option
tests_needing += $(tests_of_conf:=:check)
if HAVE_CHECK
check_PROGRAMS += $(tests_of_conf)
TESTS += $(tests_of_conf)
tests_unit_conf_test_nearest_CPPFLAGS = $(tests_cppflags)
tests_unit_conf_test_nearest_LDADD = $(tests_core_libs)
tests_unit_conf_test_option_SOURCES = tests/unit/conf/test_option.c $(tests_core)
tests_unit_conf_test_option_CPPFLAGS = $(tests_cppflags)
tests_unit_conf_test_option_LDADD = $(tests_core_libs)
endif
