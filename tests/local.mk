# SPDX-License-Identifier: MIT
# Tests, by room; those of a plugin lie in its folder. Programs that need what this build has not are named as PROGRAM:PART... in
# tests_needing; the test left_out says which of them are not there, and why.
AM_TESTS_ENVIRONMENT = CC='$(CC)' CXX='$(CXX)' NM='$(NM)' TAM_LDFLAGS='$(TAM_LDFLAGS)' TAM_TESTS_NEEDING='$(tests_needing)'; \
	export CC CXX NM TAM_LDFLAGS TAM_TESTS_NEEDING;
# So that the reason of a skipped test is seen, and not only its name.
AM_TESTS_FD_REDIRECT = 9>&2
tests_needing =

include tests/support/local.mk
include tests/plugins/local.mk
include tests/unit/base/local.mk
include tests/unit/conf/local.mk
include tests/unit/plugin/local.mk
include tests/unit/service/local.mk
include tests/unit/answer/local.mk
include tests/unit/verify/local.mk
include plugins/common/tests/local.mk
include plugins/jose/tests/local.mk
include plugins/azure/tests/local.mk
include plugins/jwt/tests/local.mk
include tests/system/local.mk
include tests/interop/local.mk

TESTS += tests/system/test_left_out.sh
dist_noinst_SCRIPTS += tests/system/test_left_out.sh
EXTRA_DIST += tests/vectors/jose.json tests/data
