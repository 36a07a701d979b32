# SPDX-License-Identifier: MIT
tests_of_service = \
	tests/unit/service/test_cache \
	tests/unit/service/test_configuration \
	tests/unit/service/test_epoch \
	tests/unit/service/test_fork \
	tests/unit/service/test_log \
	tests/unit/service/test_no_memory \
	tests/unit/service/test_reload \
	tests/unit/service/test_stderr \
	tests/unit/service/test_waiter
tests_needing += $(tests_of_service:=:check)
if HAVE_CHECK
check_PROGRAMS += $(tests_of_service)
TESTS += $(tests_of_service)
tests_unit_service_test_cache_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_cache_LDADD = $(tests_core_libs)
tests_unit_service_test_configuration_SOURCES = tests/unit/service/test_configuration.c $(tests_core)
tests_unit_service_test_configuration_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_configuration_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getauxval
tests_unit_service_test_configuration_LDADD = $(tests_core_libs)
tests_unit_service_test_epoch_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_epoch_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_nanosleep
tests_unit_service_test_epoch_LDADD = $(tests_core_libs)
tests_unit_service_test_fork_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_fork_LDADD = tests/libfixture.la
tests_unit_service_test_log_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_log_LDADD = tests/libfixture.la
tests_unit_service_test_no_memory_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_no_memory_LDADD = tests/libfixture.la
tests_unit_service_test_reload_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_reload_LDADD = tests/libfixture.la
tests_unit_service_test_stderr_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_stderr_LDADD = tests/libfixture.la -lutil
tests_unit_service_test_waiter_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_waiter_LDADD = tests/libfixture.la
endif

# Over the plugins as they are built.
tests_of_service_with_plugins = \
	tests/unit/service/test_environment \
	tests/unit/service/test_warnings
tests_needing += $(tests_of_service_with_plugins:=:check:azure:jwt)
if HAVE_CHECK
if BUILD_AZURE
if BUILD_JWT
check_PROGRAMS += $(tests_of_service_with_plugins)
TESTS += $(tests_of_service_with_plugins)
tests_unit_service_test_environment_SOURCES = tests/unit/service/test_environment.c tests/support/directory.c tests/support/directory.h
tests_unit_service_test_environment_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_environment_LDADD = src/base/libbase.la $(CHECK_LIBS) -lpthread
tests_unit_service_test_warnings_CPPFLAGS = $(tests_cppflags)
tests_unit_service_test_warnings_LDADD = tests/libfixture.la
endif
endif
endif

# A host that is made set-uid. With libcore.la: such a process takes no libtam.so from the build directory.
if HAVE_CHECK
check_PROGRAMS += tests/support/secure_host
tests_support_secure_host_LDADD = src/libcore.la -lpthread
endif
