# SPDX-License-Identifier: MIT
# What a plugin over the network is built on, with and without tokens of JOSE. Built only where a plugin needs it.
EXTRA_LTLIBRARIES = plugins/common/libcommon.la
plugins_common_libcommon_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(CURL_CFLAGS)
plugins_common_libcommon_la_CFLAGS = $(lib_cflags)
plugins_common_libcommon_la_LIBADD = src/base/libbase.la $(CRYPTO_LIBS) $(CURL_LIBS)
plugins_common_libcommon_la_SOURCES = \
	plugins/common/address.c plugins/common/address.h \
	plugins/common/ca_file.c plugins/common/ca_file.h \
	plugins/common/claims.c plugins/common/claims.h \
	plugins/common/fetch.c plugins/common/fetch.h \
	plugins/common/judge.c plugins/common/judge.h \
	plugins/common/loop.c plugins/common/loop.h \
	plugins/common/response.c plugins/common/response.h \
	plugins/common/settings_reader.c plugins/common/settings_reader.h \
	plugins/common/times.c plugins/common/times.h

# An EXTRA library is not cleaned by automake.
CLEANFILES += plugins/common/libcommon.la
