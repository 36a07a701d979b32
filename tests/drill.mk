# SPDX-License-Identifier: MIT
# The rotation drill: its short form is a test, `make drill` plays the long one and prints its figures.
if HAVE_CHECK
check_PROGRAMS += plugins/jose/tests/test_drill
TESTS += plugins/jose/tests/test_drill
plugins_jose_tests_test_drill_SOURCES = plugins/jose/tests/test_drill.c tests/support/drill_asker.c tests/support/drill.h
plugins_jose_tests_test_drill_CPPFLAGS = $(tests_azure_cppflags)
plugins_jose_tests_test_drill_LDADD = $(tests_azure_libs) -lpthread

drill: all plugins/jose/tests/test_drill$(EXEEXT)
	plugins/jose/tests/test_drill$(EXEEXT) --long
.PHONY: drill
endif
