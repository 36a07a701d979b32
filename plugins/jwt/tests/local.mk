# SPDX-License-Identifier: MIT
tests_of_jwt = \
	plugins/jwt/tests/test_jwt \
	plugins/jwt/tests/test_jwt_keys \
	plugins/jwt/tests/test_jwt_secrets
tests_needing += $(tests_of_jwt:=:check:issuer:libcurl:libssl:jwt)
if TEST_ISSUER
if BUILD_JWT
check_PROGRAMS += $(tests_of_jwt)
TESTS += $(tests_of_jwt)
plugins_jwt_tests_test_jwt_CPPFLAGS = $(tests_cppflags)
plugins_jwt_tests_test_jwt_LDADD = $(tests_host_libs)
plugins_jwt_tests_test_jwt_keys_SOURCES = plugins/jwt/tests/test_jwt_keys.c tests/support/scratch.c tests/support/scratch.h $(tests_jose)
plugins_jwt_tests_test_jwt_keys_CPPFLAGS = $(tests_cppflags)
plugins_jwt_tests_test_jwt_keys_LDADD = $(tests_jose_host_libs)
plugins_jwt_tests_test_jwt_secrets_SOURCES = plugins/jwt/tests/test_jwt_secrets.c tests/support/scratch.c tests/support/scratch.h $(tests_jose)
plugins_jwt_tests_test_jwt_secrets_CPPFLAGS = $(tests_cppflags)
plugins_jwt_tests_test_jwt_secrets_LDADD = $(tests_jose_host_libs)
endif
endif
