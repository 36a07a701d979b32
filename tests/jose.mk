# SPDX-License-Identifier: MIT
# Tests of plugins/jose below the life of a key set: keys, sets of them, signatures, public vectors.
if HAVE_CHECK
tests_programs_of_jose = plugins/jose/tests/test_cookbook plugins/jose/tests/test_jws plugins/jose/tests/test_key plugins/jose/tests/test_keys plugins/jose/tests/test_rfcs \
	plugins/jose/tests/test_wycheproof
check_PROGRAMS += $(tests_programs_of_jose)
TESTS += $(tests_programs_of_jose)

plugins_jose_tests_test_cookbook_SOURCES = plugins/jose/tests/test_cookbook.c $(tests_jose)
plugins_jose_tests_test_cookbook_CPPFLAGS = $(tests_jose_cppflags)
plugins_jose_tests_test_cookbook_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_jws_SOURCES = plugins/jose/tests/test_jws.c $(tests_jose)
plugins_jose_tests_test_jws_CPPFLAGS = $(tests_jose_cppflags) $(LIBJWT_CFLAGS)
plugins_jose_tests_test_jws_LDADD = $(tests_jose_libs) $(LIBJWT_LIBS)
plugins_jose_tests_test_key_SOURCES = plugins/jose/tests/test_key.c $(tests_jose)
plugins_jose_tests_test_key_CPPFLAGS = $(tests_jose_cppflags)
plugins_jose_tests_test_key_LDADD = $(tests_jose_libs) -lpthread
plugins_jose_tests_test_keys_SOURCES = plugins/jose/tests/test_keys.c $(tests_jose)
plugins_jose_tests_test_keys_CPPFLAGS = $(tests_jose_cppflags)
plugins_jose_tests_test_keys_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_rfcs_SOURCES = plugins/jose/tests/test_rfcs.c $(tests_jose)
plugins_jose_tests_test_rfcs_CPPFLAGS = $(tests_jose_cppflags)
plugins_jose_tests_test_rfcs_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_wycheproof_SOURCES = plugins/jose/tests/test_wycheproof.c tests/support/wycheproof.c tests/support/wycheproof.h $(tests_jose)
plugins_jose_tests_test_wycheproof_CPPFLAGS = $(tests_jose_cppflags)
plugins_jose_tests_test_wycheproof_LDADD = $(tests_jose_libs)
endif
