# SPDX-License-Identifier: MIT
tests_of_base = \
	tests/unit/base/test_index \
	tests/unit/base/test_file \
	tests/unit/base/test_text \
	tests/unit/base/test_url
tests_needing += $(tests_of_base:=:check)
if HAVE_CHECK
check_PROGRAMS += $(tests_of_base)
TESTS += $(tests_of_base)
tests_unit_base_test_index_CPPFLAGS = $(tests_cppflags)
tests_unit_base_test_index_LDADD = src/base/libbase.la $(CHECK_LIBS) -lpthread
tests_unit_base_test_file_SOURCES = tests/unit/base/test_file.c tests/support/directory.c tests/support/directory.h
tests_unit_base_test_file_CPPFLAGS = $(tests_cppflags)
tests_unit_base_test_file_LDADD = src/base/libbase.la $(CHECK_LIBS) -lpthread
tests_unit_base_test_text_CPPFLAGS = $(tests_cppflags)
tests_unit_base_test_text_LDADD = src/libcore.la $(CHECK_LIBS) -lpthread
tests_unit_base_test_url_CPPFLAGS = $(tests_cppflags)
tests_unit_base_test_url_LDADD = src/base/libbase.la $(CHECK_LIBS) -lpthread
endif

tests_of_json = \
	tests/unit/base/test_json
tests_needing += $(tests_of_json:=:check:jansson)
if TEST_JSON
check_PROGRAMS += $(tests_of_json)
TESTS += $(tests_of_json)
tests_unit_base_test_json_CPPFLAGS = $(tests_cppflags)
tests_unit_base_test_json_LDADD = src/base/libbase.la $(CHECK_LIBS) -lpthread $(JANSSON_LIBS)
endif
