# SPDX-License-Identifier: MIT
# libtam through its public header, over plugins that do what a test says.
tests_plugin_ldflags = $(tam_plugin_ldflags) -rpath /nowhere

if HAVE_CHECK
check_LTLIBRARIES += tests/plugins/tam_one.la tests/plugins/tam_puppet.la
tests_plugins_tam_one_la_SOURCES = examples/one.c
tests_plugins_tam_one_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_puppet_la_SOURCES = tests/plugins/puppet.c
tests_plugins_tam_puppet_la_LDFLAGS = $(tests_plugin_ldflags)

check_LTLIBRARIES += tests/libfixture.la
tests_libfixture_la_SOURCES = tests/support/fixture.c tests/support/fixture.h
tests_libfixture_la_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -DTEST_PLUGIN_DIR='"$(abs_builddir)/tests/plugins/.libs"'
tests_libfixture_la_LIBADD = src/libtam.la $(CHECK_LIBS) -lpthread

tests_programs_of_libtam = \
	tests/unit/verify/test_authorization \
	tests/unit/answer/test_challenge \
	tests/unit/answer/test_conformance \
	tests/unit/service/test_fork \
	tests/unit/service/test_log \
	tests/unit/answer/test_metadata \
	tests/unit/service/test_no_memory \
	tests/unit/service/test_reload \
	tests/unit/answer/test_result \
	tests/unit/verify/test_stack \
	tests/unit/service/test_stderr \
	tests/unit/verify/test_verdict_cache \
	tests/unit/verify/test_verify \
	tests/unit/service/test_waiter \
	tests/unit/service/test_warnings
check_PROGRAMS += $(tests_programs_of_libtam)
TESTS += $(tests_programs_of_libtam)

# The command, and the example hosts.
TESTS += tests/system/test_command.sh tests/system/test_examples.sh tests/system/test_manuals.sh tests/system/test_mistakes.sh tests/system/test_pages.sh tests/system/test_schemas.sh tests/system/test_tables.sh
check_PROGRAMS += tests/support/conforms
tests_support_conforms_SOURCES = tests/support/conforms.c
tests_support_conforms_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_support_conforms_LDADD = $(JANSSON_LIBS)

tests_unit_verify_test_authorization_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_verify_test_authorization_LDADD = tests/libfixture.la
tests_unit_answer_test_challenge_SOURCES = tests/unit/answer/test_challenge.c tests/support/scratch.c tests/support/scratch.h
tests_unit_answer_test_challenge_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_answer_test_challenge_LDADD = tests/libfixture.la
tests_unit_answer_test_conformance_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS) \
	-DTAM_TOP_BUILDDIR='"$(abs_top_builddir)"'
tests_unit_answer_test_conformance_LDADD = tests/libfixture.la $(JANSSON_LIBS)
tests_unit_service_test_fork_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_service_test_fork_LDADD = tests/libfixture.la
tests_unit_service_test_log_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_service_test_log_LDADD = tests/libfixture.la
tests_unit_answer_test_metadata_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_answer_test_metadata_LDADD = tests/libfixture.la $(JANSSON_LIBS)
tests_unit_service_test_no_memory_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_service_test_no_memory_LDADD = tests/libfixture.la
tests_unit_service_test_reload_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_service_test_reload_LDADD = tests/libfixture.la
tests_unit_answer_test_result_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_answer_test_result_LDADD = tests/libfixture.la
tests_unit_verify_test_stack_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_verify_test_stack_LDADD = tests/libfixture.la
tests_unit_service_test_stderr_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_service_test_stderr_LDADD = tests/libfixture.la -lutil
tests_unit_verify_test_verdict_cache_SOURCES = tests/unit/verify/test_verdict_cache.c tests/support/scratch.c tests/support/scratch.h
tests_unit_verify_test_verdict_cache_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_verify_test_verdict_cache_LDADD = tests/libfixture.la
tests_unit_verify_test_verify_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_verify_test_verify_LDADD = tests/libfixture.la
tests_unit_service_test_warnings_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -DTAM_TOP_BUILDDIR='"$(abs_top_builddir)"'
tests_unit_service_test_warnings_LDADD = tests/libfixture.la
tests_unit_service_test_waiter_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_service_test_waiter_LDADD = tests/libfixture.la

# A real tam-issuer for tests.
check_LTLIBRARIES += tests/support/libsupport.la
tests_support_libsupport_la_SOURCES = \
	tests/support/directory.c tests/support/directory.h \
	tests/support/issuer_mint.c \
	tests/support/issuer_process.c tests/support/issuer_process.h
tests_support_libsupport_la_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) \
	-DTAM_TOP_BUILDDIR='"$(abs_top_builddir)"' -DTAM_TOP_SRCDIR='"$(abs_top_srcdir)"'
tests_support_libsupport_la_LIBADD = tools/libissuer.la $(CHECK_LIBS) $(JANSSON_LIBS)

tests_programs_of_issuer = tests/system/test_issuer tests/system/test_mint
check_PROGRAMS += $(tests_programs_of_issuer)
TESTS += $(tests_programs_of_issuer)
tests_issuer_cppflags = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) \
	-DTAM_TOP_BUILDDIR='"$(abs_top_builddir)"' -DTAM_TOP_SRCDIR='"$(abs_top_srcdir)"'
tests_system_test_issuer_SOURCES = tests/system/test_issuer.c
tests_system_test_issuer_CPPFLAGS = $(tests_issuer_cppflags) $(CURL_CFLAGS)
tests_system_test_issuer_LDADD = tests/support/libsupport.la $(CURL_LIBS)
tests_system_test_mint_SOURCES = tests/system/test_mint.c
tests_system_test_mint_CPPFLAGS = $(tests_issuer_cppflags) $(LIBJWT_CFLAGS)
tests_system_test_mint_LDADD = tests/support/libsupport.la

# Rooms by themselves.
tests_programs_of_rooms = tests/unit/service/test_cache plugins/jose/tests/test_claims tests/unit/base/test_index tests/unit/base/test_json \
	tests/unit/base/test_text plugins/jose/tests/test_token
check_PROGRAMS += $(tests_programs_of_rooms)
TESTS += $(tests_programs_of_rooms)

tests_unit_service_test_cache_SOURCES = tests/unit/service/test_cache.c
tests_unit_service_test_cache_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_service_test_cache_LDADD = src/libcore.la $(CHECK_LIBS) -lpthread

tests_unit_base_test_index_SOURCES = tests/unit/base/test_index.c
tests_unit_base_test_index_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_base_test_index_LDADD = src/base/libbase.la $(CHECK_LIBS)
tests_unit_base_test_json_SOURCES = tests/unit/base/test_json.c
tests_unit_base_test_json_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_base_test_json_LDADD = src/base/libbase.la $(CHECK_LIBS) $(JANSSON_LIBS)

tests_unit_base_test_text_SOURCES = tests/unit/base/test_text.c
tests_unit_base_test_text_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_base_test_text_LDADD = src/libcore.la $(CHECK_LIBS)

tests_jose = tests/support/jose_support.c tests/support/jose_support.h
tests_jose_cppflags = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS) -DTEST_SOURCE_DIR='"$(abs_top_srcdir)"'
tests_jose_libs = plugins/jose/libjose.la $(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)
plugins_jose_tests_test_claims_SOURCES = plugins/jose/tests/test_claims.c $(tests_jose)
plugins_jose_tests_test_claims_CPPFLAGS = $(tests_jose_cppflags)
plugins_jose_tests_test_claims_LDADD = $(tests_jose_libs)
plugins_jose_tests_test_token_SOURCES = plugins/jose/tests/test_token.c $(tests_jose)
plugins_jose_tests_test_token_CPPFLAGS = $(tests_jose_cppflags)
plugins_jose_tests_test_token_LDADD = $(tests_jose_libs)

# The flagship, over a real issuer.
tests_azure_cppflags = $(tests_support_libsupport_la_CPPFLAGS)
tests_azure_libs = tests/libpluginhost.la $(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)
check_LTLIBRARIES += tests/libpluginhost.la
tests_libpluginhost_la_SOURCES = tests/support/plugin_host.c tests/support/plugin_host.h
tests_libpluginhost_la_CPPFLAGS = $(tests_azure_cppflags)
tests_libpluginhost_la_LIBADD = tests/support/libsupport.la src/libtam.la $(CHECK_LIBS) -lpthread

tests_programs_of_azure = tests/unit/verify/test_allocations plugins/azure/tests/test_azure plugins/azure/tests/test_azure_matrix plugins/azure/tests/test_azure_reasons \
	plugins/azure/tests/test_entra_keys \
	plugins/jwt/tests/test_jwt plugins/azure/tests/test_parked
check_PROGRAMS += $(tests_programs_of_azure)
TESTS += $(tests_programs_of_azure)
tests_unit_verify_test_allocations_CPPFLAGS = $(tests_azure_cppflags)
tests_unit_verify_test_allocations_LDADD = $(tests_azure_libs)
plugins_azure_tests_test_azure_CPPFLAGS = $(tests_azure_cppflags)
plugins_azure_tests_test_azure_LDADD = $(tests_azure_libs)
plugins_azure_tests_test_azure_matrix_CPPFLAGS = $(tests_azure_cppflags)
plugins_azure_tests_test_azure_matrix_LDADD = $(tests_azure_libs)
plugins_azure_tests_test_azure_reasons_CPPFLAGS = $(tests_azure_cppflags)
plugins_azure_tests_test_azure_reasons_LDADD = $(tests_azure_libs)
plugins_azure_tests_test_entra_keys_CPPFLAGS = $(tests_azure_cppflags)
plugins_azure_tests_test_entra_keys_LDADD = $(tests_azure_libs)
plugins_jwt_tests_test_jwt_CPPFLAGS = $(tests_azure_cppflags)
plugins_jwt_tests_test_jwt_LDADD = $(tests_azure_libs)
plugins_azure_tests_test_parked_CPPFLAGS = $(tests_azure_cppflags)
plugins_azure_tests_test_parked_LDADD = $(tests_azure_libs)

# A host that is made set-uid. With libcore.la: such a process takes no libtam.so from the build directory.
check_PROGRAMS += tests/support/secure_host tests/unit/service/test_environment
TESTS += tests/unit/service/test_environment
tests_support_secure_host_LDADD = src/libcore.la -lpthread
tests_unit_service_test_environment_SOURCES = tests/unit/service/test_environment.c tests/support/directory.c tests/support/directory.h
tests_unit_service_test_environment_CPPFLAGS = $(tests_azure_cppflags)
tests_unit_service_test_environment_LDADD = src/base/libbase.la $(CHECK_LIBS) -lpthread

# A host with names of its own.
check_PROGRAMS += tests/hostile_host
TESTS += tests/system/test_hostile_host.sh
tests_hostile_host_SOURCES = examples/host.c tests/support/hostile_names.c
tests_hostile_host_LDFLAGS = -export-dynamic
tests_hostile_host_LDADD = src/libtam.la
endif
EXTRA_DIST += tests/support/entra_fixture.json tests/support/jwt_fixture.json tests/vectors/jose.json
EXTRA_DIST += tests/support/suite.h tests/data
EXTRA_DIST += tests/system/test_command.sh tests/system/test_tables.sh tests/system/test_examples.sh tests/system/test_hostile_host.sh tests/system/test_manuals.sh tests/system/test_mistakes.sh tests/system/test_pages.sh tests/system/test_schemas.sh

# Other people's clients and judges; scripts/test --interop runs them.
check_PROGRAMS += tests/interop/guard
tests_interop_guard_SOURCES = tests/interop/guard.c
tests_interop_guard_CPPFLAGS = $(AM_CPPFLAGS) $(MICROHTTPD_CFLAGS) $(JANSSON_CFLAGS)
tests_interop_guard_LDADD = src/libtam.la $(MICROHTTPD_LIBS) $(JANSSON_LIBS)
EXTRA_DIST += tests/interop/browser.test.mjs tests/interop/clients.test.mjs tests/interop/door.mjs \
	tests/interop/door.test.mjs tests/interop/entra.test.mjs tests/interop/express.mjs \
	tests/interop/jose.test.mjs tests/interop/mcp.test.mjs tests/interop/memory.mjs tests/interop/package-lock.json \
	tests/interop/package.json tests/interop/provider.mjs tests/interop/run tests/interop/tam.mjs
