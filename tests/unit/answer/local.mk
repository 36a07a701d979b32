# SPDX-License-Identifier: MIT
tests_of_answer = \
	tests/unit/answer/test_challenge \
	tests/unit/answer/test_result
tests_needing += $(tests_of_answer:=:check)
if HAVE_CHECK
check_PROGRAMS += $(tests_of_answer)
TESTS += $(tests_of_answer)
tests_unit_answer_test_challenge_SOURCES = tests/unit/answer/test_challenge.c tests/support/scratch.c tests/support/scratch.h
tests_unit_answer_test_challenge_CPPFLAGS = $(tests_cppflags)
tests_unit_answer_test_challenge_LDADD = tests/libfixture.la
tests_unit_answer_test_result_CPPFLAGS = $(tests_cppflags)
tests_unit_answer_test_result_LDADD = tests/libfixture.la
endif

tests_of_documents = \
	tests/unit/answer/test_metadata
tests_needing += $(tests_of_documents:=:check:jansson)
if TEST_JSON
check_PROGRAMS += $(tests_of_documents)
TESTS += $(tests_of_documents)
tests_unit_answer_test_metadata_CPPFLAGS = $(tests_cppflags)
tests_unit_answer_test_metadata_LDADD = tests/libfixture.la $(JANSSON_LIBS)
endif

tests_of_conformance = \
	tests/unit/answer/test_conformance
tests_needing += $(tests_of_conformance:=:check:jansson:azure:jwt)
if TEST_JSON
if BUILD_AZURE
if BUILD_JWT
check_PROGRAMS += $(tests_of_conformance)
TESTS += $(tests_of_conformance)
tests_unit_answer_test_conformance_CPPFLAGS = $(tests_cppflags)
tests_unit_answer_test_conformance_LDADD = tests/libfixture.la $(JANSSON_LIBS)
endif
endif
endif
