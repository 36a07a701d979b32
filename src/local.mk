# SPDX-License-Identifier: MIT
# libtam: from a service file to a verdict. All of it is in libcore.la, so that tests can also reach what libtam hides.
tamconfigdir = $(sysconfdir)/tam.d

noinst_LTLIBRARIES += src/libcore.la
src_libcore_la_CPPFLAGS = $(AM_CPPFLAGS) -DTAM_PLUGIN_DIR='"$(plugindir)"' -DTAM_CONFIG_DIR='"$(tamconfigdir)"'
src_libcore_la_CFLAGS = $(lib_cflags)
src_libcore_la_SOURCES = \
	src/service/answer.c src/service/answer.h \
	src/verify/authorization.c src/verify/authorization.h \
	src/service/cache.c src/service/cache.h \
	src/answer/challenge.c src/answer/challenge.h \
	src/service/config.c src/service/config.h \
	src/conf/cursor.c src/conf/cursor.h \
	src/answer/describe.c \
	src/service/description.c src/service/description.h \
	src/answer/document.c src/answer/document.h \
	src/answer/explanation.c src/answer/explanation.h \
	src/conf/faults.c src/conf/faults.h \
	src/service/fork.c src/service/fork.h \
	src/service/gate.c src/service/gate.h \
	src/service/generation.c src/service/generation.h \
	src/conf/hidden.c src/conf/hidden.h \
	src/service/services.c src/service/services.h \
	src/service/options.c src/service/options.h \
	src/service/log.c src/service/log.h \
	src/answer/metadata.c src/answer/metadata.h \
	src/service/reasons.c src/service/reasons.h \
	src/conf/nearest.c src/conf/nearest.h \
	src/conf/option.c src/conf/option.h src/conf/option_table.c \
	src/verify/pasted.c src/verify/pasted.h \
	src/verify/permission.c src/verify/permission.h \
	src/plugin/loader.c src/plugin/loader.h \
	src/plugin/table.c src/plugin/table.h \
	src/plugin/names.c src/plugin/names.h \
	src/answer/list.c \
	src/verify/query.c src/verify/query.h \
	src/verify/report.c src/verify/report.h \
	src/service/resource.c src/service/resource.h \
	src/answer/result.c src/answer/result.h \
	src/service/boundary.c src/service/boundary.h \
	src/service/service.c src/service/service.h \
	src/service/set.c src/service/set.h \
	src/service/setup.c src/service/setup.h \
	src/service/result_pool.c src/service/result_pool.h \
	src/conf/source.h \
	src/conf/statement.c src/conf/statement.h \
	src/service/stderr_log.c src/service/stderr_log.h \
	src/base/text.c src/base/text.h \
	src/conf/value.c src/conf/value.h \
	src/verify/verify.c \
	src/service/waiter.c src/service/waiter.h
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
