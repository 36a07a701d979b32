# SPDX-License-Identifier: MIT
# Over the commands, the daemon and what stands before and behind them. Each script says what it needs, and is skipped without.
tests_scripts = \
	tests/system/test_bench.sh \
	tests/system/test_caddy.sh \
	tests/system/test_command.sh \
	tests/system/test_disguises.sh \
	tests/system/test_examples.sh \
	tests/system/test_haproxy.sh \
	tests/system/test_headers.sh \
	tests/system/test_hostile_host.sh \
	tests/system/test_manuals.sh \
	tests/system/test_mistakes.sh \
	tests/system/test_nginx.sh \
	tests/system/test_pages.sh \
	tests/system/test_schemas.sh \
	tests/system/test_shapes.sh \
	tests/system/test_symbols.sh \
	tests/system/test_tables.sh \
	tests/system/test_units.sh
TESTS += scripts/check-conventions $(tests_scripts)
# A sanitizer asks the kernel for more than tamd does.
if !SANITIZERS
TESTS += tests/system/test_sandbox.sh
endif
dist_noinst_SCRIPTS += scripts/check-conventions $(tests_scripts) tests/system/test_sandbox.sh
EXTRA_DIST += tests/disguises/attack.py tests/disguises/flask_app.py tests/disguises/requests tests/disguises/tamd-verify.conf

tests_of_issuer = \
	tests/system/test_issuer \
	tests/system/test_mint \
	tests/system/test_scripted_server
tests_needing += $(tests_of_issuer:=:check:issuer:libcurl:libssl)
if TEST_ISSUER
check_PROGRAMS += $(tests_of_issuer)
TESTS += $(tests_of_issuer)
tests_system_test_issuer_CPPFLAGS = $(tests_cppflags)
tests_system_test_issuer_LDADD = tests/support/libsupport.la $(CURL_LIBS)
tests_system_test_mint_CPPFLAGS = $(tests_cppflags)
tests_system_test_mint_LDADD = tests/support/libsupport.la
tests_system_test_scripted_server_CPPFLAGS = $(tests_cppflags)
tests_system_test_scripted_server_LDADD = tests/support/libscripted.la $(CURL_LIBS)
endif

tests_of_tamd = \
	tests/system/test_tamd \
	tests/system/test_tamd_admin \
	tests/system/test_tamd_disguises \
	tests/system/test_tamd_life \
	tests/system/test_tamd_server \
	tests/system/test_tamd_settings
tests_needing += $(tests_of_tamd:=:check:tamd)
if HAVE_CHECK
if BUILD_TAMD
check_PROGRAMS += $(tests_of_tamd)
TESTS += $(tests_of_tamd)
tests_system_test_tamd_CPPFLAGS = $(tests_cppflags)
tests_system_test_tamd_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_admin_CPPFLAGS = $(tests_cppflags)
tests_system_test_tamd_admin_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_disguises_CPPFLAGS = $(tests_cppflags)
tests_system_test_tamd_disguises_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_life_CPPFLAGS = $(tests_cppflags)
tests_system_test_tamd_life_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_server_CPPFLAGS = $(tests_cppflags)
tests_system_test_tamd_server_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
tests_system_test_tamd_settings_CPPFLAGS = $(tests_cppflags)
tests_system_test_tamd_settings_LDADD = tests/libtamdprocess.la $(CHECK_LIBS)
endif
endif

tests_of_tamd_keys = \
	tests/system/test_tamd_keys
tests_needing += $(tests_of_tamd_keys:=:check:issuer:libcurl:libssl:tamd:azure)
if TEST_ISSUER
if BUILD_TAMD
if BUILD_AZURE
check_PROGRAMS += $(tests_of_tamd_keys)
TESTS += $(tests_of_tamd_keys)
tests_system_test_tamd_keys_CPPFLAGS = $(tests_cppflags)
tests_system_test_tamd_keys_LDADD = tests/libtamdprocess.la $(tests_host_libs) $(CURL_LIBS)
endif
endif
endif

# A host with names of its own.
check_PROGRAMS += tests/hostile_host
tests_hostile_host_SOURCES = examples/host.c tests/support/hostile_names.c
tests_hostile_host_LDFLAGS = -export-dynamic
tests_hostile_host_LDADD = src/libtam.la
