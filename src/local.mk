# SPDX-License-Identifier: MIT
# libtam: from a service file to a verdict. All of it is in libcore.la, so that tests can also reach what libtam hides.
include src/plugin/local.mk
include src/service/local.mk
include src/answer/local.mk
include src/verify/local.mk

tamconfigdir = $(sysconfdir)/tam.d

noinst_LTLIBRARIES += src/libcore.la
src_libcore_la_CPPFLAGS = $(AM_CPPFLAGS) -DTAM_PLUGIN_DIR='"$(plugindir)"' -DTAM_CONFIG_DIR='"$(tamconfigdir)"'
src_libcore_la_CFLAGS = $(lib_cflags)
src_libcore_la_SOURCES = $(src_plugin_sources) $(src_service_sources) $(src_answer_sources) $(src_verify_sources)
src_libcore_la_LIBADD = src/conf/libconf.la src/base/libbase.la -ldl -lpthread

# Never unloaded: plugins, their threads and fork handlers would stay behind.
lib_LTLIBRARIES += src/libtam.la
src_libtam_la_SOURCES =
src_libtam_la_LIBADD = src/libcore.la
src_libtam_la_DEPENDENCIES = src/libcore.la src/libtam.map
src_libtam_la_LDFLAGS = $(lib_ldflags) -version-info 0:0:0 -Wl,-z,nodelete \
	-Wl,--version-script=$(top_srcdir)/src/libtam.map
EXTRA_DIST += src/libtam.map

pkgconfig_DATA += src/tam.pc src/tam-plugin.pc
