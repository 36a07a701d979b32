# SPDX-License-Identifier: MIT
# tamd: libtam over HTTP. It links libcore.la, for it reads its configuration with libtam's own reader; of libtam it calls
# what tam.h names.
sbin_PROGRAMS += tools/tamd/tamd
tools_tamd_tamd_SOURCES = \
	tools/descriptors.c tools/descriptors.h \
	tools/listen.c tools/listen.h tools/terminal.c tools/terminal.h \
	tools/tamd/acceptor.c tools/tamd/acceptor.h \
	tools/tamd/access.c tools/tamd/access.h \
	tools/tamd/activation.c tools/tamd/activation.h \
	tools/tamd/answer.c tools/tamd/answer.h \
	tools/tamd/auth.c \
	tools/tamd/clients.c tools/tamd/clients.h \
	tools/tamd/escape.c tools/tamd/escape.h \
	tools/tamd/explain.c tools/tamd/explain.h \
	tools/tamd/fields.c tools/tamd/fields.h \
	tools/tamd/form.c tools/tamd/form.h \
	tools/tamd/framing.c tools/tamd/framing.h \
	tools/tamd/histogram.c tools/tamd/histogram.h \
	tools/tamd/introspect.c \
	tools/tamd/log.c tools/tamd/log.h \
	tools/tamd/metadata.c \
	tools/tamd/metrics.c \
	tools/tamd/options.c tools/tamd/options.h \
	tools/tamd/park.c tools/tamd/park.h \
	tools/tamd/request.c tools/tamd/request.h \
	tools/tamd/route.c tools/tamd/route.h \
	tools/tamd/served.c tools/tamd/served.h \
	tools/tamd/server.c tools/tamd/server.h \
	tools/tamd/settings.c tools/tamd/settings.h tools/tamd/settings_internal.h \
	tools/tamd/settings_check.c tools/tamd/settings_route.c \
	tools/tamd/site.c tools/tamd/site.h \
	tools/tamd/state.c tools/tamd/state.h \
	tools/tamd/status.c tools/tamd/status.h \
	tools/tamd/tamd.c \
	tools/tamd/target.c tools/tamd/target.h \
	tools/tamd/tls.c tools/tamd/tls.h
tools_tamd_tamd_CPPFLAGS = $(AM_CPPFLAGS) $(MICROHTTPD_CFLAGS) $(GNUTLS_CFLAGS) -DTAM_CONFIG_DIR='"$(tamconfigdir)"' \
	-DTAMD_CONFIG_FILE='"$(sysconfdir)/tam/tamd.conf"'
tools_tamd_tamd_LDADD = src/libcore.la $(MICROHTTPD_LIBS) $(GNUTLS_LIBS) -lpthread
dist_man_MANS += tools/tamd/tamd.8 tools/tamd/tamd.conf.5
