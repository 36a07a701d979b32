# SPDX-License-Identifier: MIT
# The rotation drill: its short form is a test, `make drill` plays the long one and prints its figures.
if HAVE_CHECK
check_PROGRAMS += tests/test_drill
TESTS += tests/test_drill
tests_test_drill_SOURCES = tests/test_drill.c tests/drill_asker.c tests/drill.h
tests_test_drill_CPPFLAGS = $(tests_azure_cppflags)
tests_test_drill_LDADD = $(tests_azure_libs) -lpthread

drill: all tests/test_drill$(EXEEXT)
	tests/test_drill$(EXEEXT) --long
.PHONY: drill
endif
