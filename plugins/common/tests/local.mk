# SPDX-License-Identifier: MIT
tests_of_common = \
	plugins/common/tests/test_loop
tests_needing += $(tests_of_common:=:check:issuer:libcurl:libssl:azure:jwt)
if TEST_ISSUER
if BUILD_AZURE
if BUILD_JWT
check_PROGRAMS += $(tests_of_common)
TESTS += $(tests_of_common)
plugins_common_tests_test_loop_CPPFLAGS = $(tests_cppflags)
plugins_common_tests_test_loop_LDADD = tests/libkeyset.la $(CURL_LIBS)
endif
endif
endif
