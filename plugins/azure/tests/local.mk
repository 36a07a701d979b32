# SPDX-License-Identifier: MIT
tests_of_azure = \
	plugins/azure/tests/test_azure \
	plugins/azure/tests/test_azure_matrix \
	plugins/azure/tests/test_azure_reasons \
	plugins/azure/tests/test_entra_keys \
	plugins/azure/tests/test_parked
tests_needing += $(tests_of_azure:=:check:issuer:libcurl:libssl:azure)
if TEST_ISSUER
if BUILD_AZURE
check_PROGRAMS += $(tests_of_azure)
TESTS += $(tests_of_azure)
plugins_azure_tests_test_azure_CPPFLAGS = $(tests_cppflags)
plugins_azure_tests_test_azure_LDADD = $(tests_host_libs)
plugins_azure_tests_test_azure_matrix_CPPFLAGS = $(tests_cppflags)
plugins_azure_tests_test_azure_matrix_LDADD = $(tests_host_libs)
plugins_azure_tests_test_azure_reasons_CPPFLAGS = $(tests_cppflags)
plugins_azure_tests_test_azure_reasons_LDADD = $(tests_host_libs)
plugins_azure_tests_test_entra_keys_CPPFLAGS = $(tests_cppflags)
plugins_azure_tests_test_entra_keys_LDADD = $(tests_host_libs)
plugins_azure_tests_test_parked_CPPFLAGS = $(tests_cppflags)
plugins_azure_tests_test_parked_LDADD = $(tests_host_libs)
endif
endif
