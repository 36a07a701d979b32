# SPDX-License-Identifier: MIT
# libtam: from a service file to a verdict. All of it is in libcore.la, so that tests can also reach what libtam hides.
tamconfigdir = $(sysconfdir)/tam.d

noinst_LTLIBRARIES += src/libcore.la
src_libcore_la_CPPFLAGS = $(AM_CPPFLAGS) -DTAM_PLUGIN_DIR='"$(plugindir)"' -DTAM_CONFIG_DIR='"$(tamconfigdir)"'
src_libcore_la_CFLAGS = $(lib_cflags)
src_libcore_la_SOURCES = \
	src/answer.c src/answer.h \
	src/authorization.c src/authorization.h \
	src/cache.c src/cache.h \
	src/challenge.c src/challenge.h \
	src/configuration.c src/configuration.h \
	src/cursor.c src/cursor.h \
	src/describe.c \
	src/description.c src/description.h \
	src/document.c src/document.h \
	src/explanation.c src/explanation.h \
	src/faults.c src/faults.h \
	src/fork.c src/fork.h \
	src/gate.c src/gate.h \
	src/generation.c src/generation.h \
	src/hidden.c src/hidden.h \
	src/host.c src/host.h \
	src/limits.c src/limits.h \
	src/log.c src/log.h \
	src/metadata.c src/metadata.h \
	src/names.c src/names.h \
	src/nearest.c src/nearest.h \
	src/option.c src/option.h src/option_table.c \
	src/pasted.c src/pasted.h \
	src/permission.c src/permission.h \
	src/plugin.c src/plugin.h \
	src/plugin_table.c src/plugin_table.h \
	src/plugin_names.c src/plugin_names.h \
	src/plugins.c \
	src/query.c src/query.h \
	src/report.c src/report.h \
	src/resource.c src/resource.h \
	src/result.c src/result.h \
	src/sanitise.c src/sanitise.h \
	src/service.c src/service.h \
	src/set.c src/set.h \
	src/setup.c src/setup.h \
	src/spare.c src/spare.h \
	src/statement.c src/statement.h \
	src/stderr_log.c src/stderr_log.h \
	src/text.c src/text.h \
	src/value.c src/value.h \
	src/verify.c \
	src/waiter.c src/waiter.h
src_libcore_la_LIBADD = src/base/libbase.la -ldl -lpthread

# Never unloaded: plugins, their threads and fork handlers would stay behind.
lib_LTLIBRARIES += src/libtam.la
src_libtam_la_SOURCES =
src_libtam_la_LIBADD = src/libcore.la
src_libtam_la_DEPENDENCIES = src/libcore.la src/libtam.map
src_libtam_la_LDFLAGS = $(lib_ldflags) -version-info 0:0:0 -Wl,-z,nodelete \
	-Wl,--version-script=$(top_srcdir)/src/libtam.map
EXTRA_DIST += src/libtam.map

pkgconfig_DATA += src/tam.pc src/tam-plugin.pc
