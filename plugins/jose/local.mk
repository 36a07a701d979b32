# SPDX-License-Identifier: MIT
if BUILD_JOSE
noinst_LTLIBRARIES += plugins/jose/libjose.la
plugins_jose_libjose_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(CURL_CFLAGS)
plugins_jose_libjose_la_CFLAGS = $(lib_cflags)
plugins_jose_libjose_la_LIBADD = plugins/common/libcommon.la $(CRYPTO_LIBS) $(CURL_LIBS)
plugins_jose_libjose_la_SOURCES = \
	plugins/jose/key/algorithm.c plugins/jose/key/algorithm.h \
	plugins/jose/keyset/disk/cache_file.c plugins/jose/keyset/disk/cache_file.h \
	plugins/jose/keyset/discovery.c plugins/jose/keyset/discovery.h \
	plugins/jose/keyset/disk/disk.c plugins/jose/keyset/disk/disk.h \
	plugins/jose/keyset/fetcher.c plugins/jose/keyset/fetcher.h \
	plugins/jose/key/key.c plugins/jose/key/key.h plugins/jose/key/key_internal.h \
	plugins/jose/key/key_edwards.c \
	plugins/jose/key/key_jwk.c \
	plugins/jose/key/key_material.c \
	plugins/jose/key/key_pem.c \
	plugins/jose/key/key_secret.c \
	plugins/jose/key/key_verify.c \
	plugins/jose/key/keys.c plugins/jose/key/keys.h \
	plugins/jose/keyset/status.c \
	plugins/jose/keyset/keyset.c plugins/jose/keyset/keyset.h plugins/jose/keyset/options.h \
	plugins/jose/keyset/options.c plugins/jose/keyset/source.h \
	plugins/jose/keyset/publish.c plugins/jose/keyset/publish.h \
	plugins/jose/keyset/refresher.c plugins/jose/keyset/refresher.h \
	plugins/jose/keyset/schedule.c plugins/jose/keyset/schedule.h \
	plugins/jose/jws/signed_token.c plugins/jose/jws/signed_token.h \
	plugins/jose/keyset/store.c plugins/jose/keyset/store.h \
	plugins/jose/keyset/subscribers.c plugins/jose/keyset/subscribers.h \
	plugins/jose/jws/token.c plugins/jose/jws/token.h
endif
