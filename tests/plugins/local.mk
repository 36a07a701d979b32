# SPDX-License-Identifier: MIT
# Plugins that do what a test says, or are wrong in one way.
tests_plugin_ldflags = $(tam_plugin_ldflags) -rpath /nowhere

if HAVE_CHECK
check_LTLIBRARIES += tests/plugins/tam_one.la tests/plugins/tam_puppet.la
tests_plugins_tam_one_la_SOURCES = examples/one.c
tests_plugins_tam_one_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_puppet_la_SOURCES = tests/plugins/puppet.c
tests_plugins_tam_puppet_la_LDFLAGS = $(tests_plugin_ldflags)
check_LTLIBRARIES += tests/plugins/tam_types.la
tests_plugins_tam_types_la_SOURCES = tests/plugins/types.c tests/plugins/types.h
tests_plugins_tam_types_la_LDFLAGS = $(tests_plugin_ldflags)

# Plugins that must not be loaded, each wrong in one way, the control, and two of other versions of the ABI.
check_LTLIBRARIES += tests/plugins/libborrowed.la tests/plugins/tam_frozen.la \
	tests/plugins/tam_control.la \
	tests/plugins/tam_magic.la \
	tests/plugins/tam_major.la \
	tests/plugins/tam_small.la \
	tests/plugins/tam_lying.la \
	tests/plugins/tam_short.la \
	tests/plugins/tam_function.la \
	tests/plugins/tam_symbolless.la \
	tests/plugins/tam_borrower.la \
	tests/plugins/tam_verifyless.la \
	tests/plugins/tam_misnamed.la \
	tests/plugins/tam_duplicate.la \
	tests/plugins/tam_trap.la \
	tests/plugins/tam_younger.la
tests_plugins_tam_control_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_control_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"control"'
tests_plugins_tam_control_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_magic_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_magic_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"magic"' -DBROKEN_MAGIC
tests_plugins_tam_magic_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_major_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_major_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"major"' -DBROKEN_MAJOR
tests_plugins_tam_major_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_small_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_small_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"small"' -DBROKEN_SMALL
tests_plugins_tam_small_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_lying_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_lying_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"lying"' -DBROKEN_LYING
tests_plugins_tam_lying_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_short_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_short_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"short"' -DBROKEN_SHORT
tests_plugins_tam_short_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_function_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_function_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"function"' -DBROKEN_FUNCTION
tests_plugins_tam_function_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_symbolless_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_symbolless_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"symbolless"' -DBROKEN_NO_SYMBOL
tests_plugins_tam_symbolless_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_borrower_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_borrower_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"borrower"' -DBROKEN_NO_SYMBOL -DBROKEN_BORROWED
tests_plugins_tam_borrower_la_LDFLAGS = $(tests_plugin_ldflags) -Wl,-rpath,$(abs_builddir)/tests/plugins/.libs
tests_plugins_tam_borrower_la_LIBADD = tests/plugins/libborrowed.la
tests_plugins_tam_verifyless_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_verifyless_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"verifyless"' -DBROKEN_NO_VERIFY
tests_plugins_tam_verifyless_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_misnamed_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_misnamed_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"other"'
tests_plugins_tam_misnamed_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_duplicate_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_duplicate_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"duplicate"' -DBROKEN_DUPLICATE
tests_plugins_tam_duplicate_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_trap_la_SOURCES = tests/plugins/broken.c tests/plugins/trap.h
tests_plugins_tam_trap_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"control"' -DBROKEN_TRAP
tests_plugins_tam_trap_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_tam_younger_la_SOURCES = tests/plugins/broken.c
tests_plugins_tam_younger_la_CPPFLAGS = $(AM_CPPFLAGS) -DBROKEN_NAME='"younger"' -DBROKEN_YOUNGER
tests_plugins_tam_younger_la_LDFLAGS = $(tests_plugin_ldflags)
tests_plugins_libborrowed_la_SOURCES = tests/plugins/borrowed.c
tests_plugins_libborrowed_la_LDFLAGS = $(AM_LDFLAGS) -avoid-version -shared -rpath /nowhere
EXTRA_tests_plugins_libborrowed_la_DEPENDENCIES = tests/plugins/broken.c
tests_plugins_tam_frozen_la_SOURCES = tests/plugins/frozen.c tests/abi/plugin_1_0.h tests/abi/types_1_0.h
tests_plugins_tam_frozen_la_LDFLAGS = $(tests_plugin_ldflags)
endif
