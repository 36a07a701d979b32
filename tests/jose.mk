# SPDX-License-Identifier: MIT
# Tests of plugins/jose below the life of a key set: keys, sets of them, signatures, public vectors.
if HAVE_CHECK
tests_programs_of_jose = tests/test_cookbook tests/test_jws tests/test_key tests/test_keys tests/test_rfcs \
	tests/test_wycheproof
check_PROGRAMS += $(tests_programs_of_jose)
TESTS += $(tests_programs_of_jose)

tests_test_cookbook_SOURCES = tests/test_cookbook.c $(tests_jose)
tests_test_cookbook_CPPFLAGS = $(tests_jose_cppflags)
tests_test_cookbook_LDADD = $(tests_jose_libs)
tests_test_jws_SOURCES = tests/test_jws.c $(tests_jose)
tests_test_jws_CPPFLAGS = $(tests_jose_cppflags) $(LIBJWT_CFLAGS)
tests_test_jws_LDADD = $(tests_jose_libs) $(LIBJWT_LIBS)
tests_test_key_SOURCES = tests/test_key.c $(tests_jose)
tests_test_key_CPPFLAGS = $(tests_jose_cppflags)
tests_test_key_LDADD = $(tests_jose_libs) -lpthread
tests_test_keys_SOURCES = tests/test_keys.c $(tests_jose)
tests_test_keys_CPPFLAGS = $(tests_jose_cppflags)
tests_test_keys_LDADD = $(tests_jose_libs)
tests_test_rfcs_SOURCES = tests/test_rfcs.c $(tests_jose)
tests_test_rfcs_CPPFLAGS = $(tests_jose_cppflags)
tests_test_rfcs_LDADD = $(tests_jose_libs)
tests_test_wycheproof_SOURCES = tests/test_wycheproof.c tests/wycheproof.c tests/wycheproof.h $(tests_jose)
tests_test_wycheproof_CPPFLAGS = $(tests_jose_cppflags)
tests_test_wycheproof_LDADD = $(tests_jose_libs)
endif
