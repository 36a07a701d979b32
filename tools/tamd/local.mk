# SPDX-License-Identifier: MIT
# tamd: libtam over HTTP. It links libtam.so as any host does, and libconf for the language of its own file.
if BUILD_TAMD
sbin_PROGRAMS += tools/tamd/tamd
tools_tamd_tamd_SOURCES = \
	tools/tamd/http/acceptor.c tools/tamd/http/acceptor.h \
	tools/tamd/http/access.c tools/tamd/http/access.h \
	tools/tamd/activation.c tools/tamd/activation.h \
	tools/tamd/route/alike.c tools/tamd/route/alike.h \
	tools/tamd/http/answer.c tools/tamd/http/answer.h \
	tools/tamd/route/auth.c \
	tools/tamd/http/clients.c tools/tamd/http/clients.h \
	tools/tamd/http/escape.c tools/tamd/http/escape.h \
	tools/tamd/route/explain.c tools/tamd/route/explain.h \
	tools/tamd/http/fields.c tools/tamd/http/fields.h \
	tools/tamd/http/form.c tools/tamd/http/form.h \
	tools/tamd/http/framing.c tools/tamd/http/framing.h \
	tools/tamd/http/histogram.c tools/tamd/http/histogram.h \
	tools/tamd/admin/introspect.c \
	tools/tamd/admin/log.c tools/tamd/admin/log.h \
	tools/tamd/route/metadata.c \
	tools/tamd/admin/metrics.c \
	tools/tamd/options.c tools/tamd/options.h \
	tools/tamd/route/park.c tools/tamd/route/park.h \
	tools/tamd/http/request.c tools/tamd/http/request.h \
	tools/tamd/route/route.c tools/tamd/route/route.h \
	tools/tamd/config/served.c tools/tamd/config/served.h \
	tools/tamd/http/server.c tools/tamd/http/server.h \
	tools/tamd/config/settings.c tools/tamd/config/settings.h tools/tamd/config/settings_internal.h \
	tools/tamd/config/settings_check.c tools/tamd/config/settings_route.c \
	tools/tamd/config/site.c tools/tamd/config/site.h \
	tools/tamd/admin/state.c tools/tamd/admin/state.h \
	tools/tamd/admin/status.c tools/tamd/admin/status.h \
	tools/tamd/tamd.c \
	tools/tamd/route/target.c tools/tamd/route/target.h \
	tools/tamd/http/tls.c tools/tamd/http/tls.h
tools_tamd_tamd_CPPFLAGS = $(AM_CPPFLAGS) $(MICROHTTPD_CFLAGS) $(GNUTLS_CFLAGS) -DTAM_CONFIG_DIR='"$(tamconfigdir)"' \
	-DTAMD_CONFIG_FILE='"$(sysconfdir)/tam/tamd.conf"'
tools_tamd_tamd_LDADD = src/libtam.la src/conf/libconf.la tools/libcommon.la src/base/libbase.la $(MICROHTTPD_LIBS) $(GNUTLS_LIBS) -lpthread
man_MANS += tools/tamd/tamd.8 tools/tamd/tamd.conf.5
endif
EXTRA_DIST += tools/tamd/tamd.8 tools/tamd/tamd.conf.5
