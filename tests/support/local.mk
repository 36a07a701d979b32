# SPDX-License-Identifier: MIT
# What tests are built with.
tests_cppflags = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(CURL_CFLAGS) $(SSL_CFLAGS) $(LIBJWT_CFLAGS) \
	-DTAM_TOP_BUILDDIR='"$(abs_top_builddir)"' -DTAM_TOP_SRCDIR='"$(abs_top_srcdir)"' \
	-DTEST_SOURCE_DIR='"$(abs_top_srcdir)"' -DTEST_PLUGIN_DIR='"$(abs_builddir)/tests/plugins/.libs"'

# libtam through its public header, over plugins that do what a test says.
if HAVE_CHECK
check_LTLIBRARIES += tests/libfixture.la
tests_libfixture_la_SOURCES = tests/support/fixture.c tests/support/fixture.h
tests_libfixture_la_CPPFLAGS = $(tests_cppflags)
tests_libfixture_la_LIBADD = src/libtam.la $(CHECK_LIBS) -lpthread
endif
# What libtam hides, too. With libcore.la and not with libtam.la, so there is one copy of the loader in a program.
tests_core = tests/support/fixture.c tests/support/fixture.h tests/support/scratch.c tests/support/scratch.h
tests_core_libs = src/libcore.la $(CHECK_LIBS) -lpthread

# Keys made on the spot, and tokens that they signed.
tests_jose = tests/support/jose_support.c tests/support/jose_support.h
tests_jose_libs = plugins/jose/libjose.la $(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread

# A real tam-issuer; a key server that misbehaves, a real process that plays what a test scripts; plugins over the two.
if TEST_ISSUER
check_LTLIBRARIES += tests/support/libsupport.la tests/support/libscripted.la tests/libpluginhost.la
tests_support_libsupport_la_SOURCES = \
	tests/support/directory.c tests/support/directory.h \
	tests/support/issuer_mint.c \
	tests/support/issuer_process.c tests/support/issuer_process.h
tests_support_libsupport_la_CPPFLAGS = $(tests_cppflags)
tests_support_libsupport_la_LIBADD = tools/libissuer.la $(CHECK_LIBS) $(JANSSON_LIBS)
tests_support_libscripted_la_SOURCES = \
	tests/support/scripted_process.c \
	tests/support/scripted_script.h \
	tests/support/scripted_server.c tests/support/scripted_server.h
tests_support_libscripted_la_CPPFLAGS = $(tests_cppflags)
tests_support_libscripted_la_LIBADD = tests/support/libsupport.la $(CHECK_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) -lpthread
tests_libpluginhost_la_SOURCES = tests/support/plugin_host.c tests/support/plugin_host.h
tests_libpluginhost_la_CPPFLAGS = $(tests_cppflags)
tests_libpluginhost_la_LIBADD = tests/support/libsupport.la src/libtam.la $(CHECK_LIBS) -lpthread
if BUILD_JOSE
check_LTLIBRARIES += tests/libkeyset.la
tests_libkeyset_la_SOURCES = tests/support/keyset_scene.c tests/support/keyset_scene.h $(tests_jose)
tests_libkeyset_la_CPPFLAGS = $(tests_cppflags)
tests_libkeyset_la_LIBADD = tests/libfixture.la tests/support/libscripted.la plugins/jose/libjose.la \
	$(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread
endif
endif
tests_host_libs = tests/libpluginhost.la $(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread
tests_jose_host_libs = tests/libpluginhost.la tests/support/libscripted.la $(tests_jose_libs)
# Keys that a scripted server serves; keys in a file.
tests_served = tests/support/served_host.c tests/support/served_host.h $(tests_jose)
tests_signed = tests/support/signed_host.c tests/support/signed_host.h tests/support/scratch.c tests/support/scratch.h $(tests_jose)

# tamd, over sockets, and a server behind a proxy.
if BUILD_TAMD
if HAVE_CHECK
check_LTLIBRARIES += tests/libtamdprocess.la
tests_libtamdprocess_la_SOURCES = tests/support/tamd_process.c tests/support/tamd_process.h tests/support/scratch.c tests/support/scratch.h
tests_libtamdprocess_la_CPPFLAGS = $(tests_cppflags)
tests_libtamdprocess_la_LIBADD = $(CHECK_LIBS)
endif
check_PROGRAMS += tests/support/backend
tests_support_backend_SOURCES = tests/support/backend.c tests/support/serve.c tests/support/serve.h
tests_support_backend_CPPFLAGS = $(AM_CPPFLAGS) $(MICROHTTPD_CFLAGS)
tests_support_backend_LDADD = $(MICROHTTPD_LIBS)
endif

# A judge of documents, by their schemas in doc/.
if BUILD_TAM
check_PROGRAMS += tests/support/conforms
tests_support_conforms_SOURCES = tests/support/conforms.c
tests_support_conforms_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_support_conforms_LDADD = $(JANSSON_LIBS)
endif

EXTRA_DIST += tests/support/daemons.sh tests/support/proxy.sh tests/support/suite.h \
	tests/support/entra_fixture.json tests/support/jwt_fixture.json
