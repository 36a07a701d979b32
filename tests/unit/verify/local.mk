# SPDX-License-Identifier: MIT
tests_of_verify = \
	tests/unit/verify/test_authorization \
	tests/unit/verify/test_stack \
	tests/unit/verify/test_verdict_cache \
	tests/unit/verify/test_verify
tests_needing += $(tests_of_verify:=:check)
if HAVE_CHECK
check_PROGRAMS += $(tests_of_verify)
TESTS += $(tests_of_verify)
tests_unit_verify_test_authorization_CPPFLAGS = $(tests_cppflags)
tests_unit_verify_test_authorization_LDADD = tests/libfixture.la
tests_unit_verify_test_stack_CPPFLAGS = $(tests_cppflags)
tests_unit_verify_test_stack_LDADD = tests/libfixture.la
tests_unit_verify_test_verdict_cache_SOURCES = tests/unit/verify/test_verdict_cache.c tests/support/scratch.c tests/support/scratch.h
tests_unit_verify_test_verdict_cache_CPPFLAGS = $(tests_cppflags)
tests_unit_verify_test_verdict_cache_LDADD = tests/libfixture.la
tests_unit_verify_test_verify_CPPFLAGS = $(tests_cppflags)
tests_unit_verify_test_verify_LDADD = tests/libfixture.la
endif

# Over the plugins as they are built.
tests_of_verify_with_plugins = \
	tests/unit/verify/test_allocations \
	tests/unit/verify/test_memory \
	tests/unit/verify/test_no_error
tests_needing += $(tests_of_verify_with_plugins:=:check:issuer:libcurl:libssl:azure:jwt)
if TEST_ISSUER
if BUILD_AZURE
if BUILD_JWT
check_PROGRAMS += $(tests_of_verify_with_plugins)
TESTS += $(tests_of_verify_with_plugins)
tests_unit_verify_test_allocations_CPPFLAGS = $(tests_cppflags)
tests_unit_verify_test_allocations_LDADD = $(tests_host_libs)
tests_unit_verify_test_memory_SOURCES = tests/unit/verify/test_memory.c $(tests_signed)
tests_unit_verify_test_memory_CPPFLAGS = $(tests_cppflags)
tests_unit_verify_test_memory_LDADD = $(tests_jose_host_libs)
tests_unit_verify_test_no_error_SOURCES = tests/unit/verify/test_no_error.c $(tests_signed)
tests_unit_verify_test_no_error_CPPFLAGS = $(tests_cppflags)
tests_unit_verify_test_no_error_LDADD = $(tests_jose_host_libs)
endif
endif
endif
