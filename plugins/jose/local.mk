# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += plugins/jose/libjose.la
plugins_jose_libjose_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(CURL_CFLAGS)
plugins_jose_libjose_la_CFLAGS = $(lib_cflags)
plugins_jose_libjose_la_LIBADD = src/base/libbase.la $(CRYPTO_LIBS) $(CURL_LIBS)
plugins_jose_libjose_la_SOURCES = \
	plugins/jose/address.c plugins/jose/address.h \
	plugins/jose/algorithm.c plugins/jose/algorithm.h \
	plugins/jose/ca_file.c plugins/jose/ca_file.h \
	plugins/jose/cache_file.c plugins/jose/cache_file.h \
	plugins/jose/claims.c plugins/jose/claims.h \
	plugins/jose/discovery.c plugins/jose/discovery.h \
	plugins/jose/disk.c plugins/jose/disk.h \
	plugins/jose/fetch.c plugins/jose/fetch.h \
	plugins/jose/flight.c plugins/jose/flight.h \
	plugins/jose/judge.c plugins/jose/judge.h \
	plugins/jose/jws.c plugins/jose/jws.h \
	plugins/jose/key.c plugins/jose/key.h plugins/jose/key_internal.h \
	plugins/jose/key_edwards.c \
	plugins/jose/key_jwk.c \
	plugins/jose/key_material.c \
	plugins/jose/key_pem.c \
	plugins/jose/key_secret.c \
	plugins/jose/key_verify.c \
	plugins/jose/keys.c plugins/jose/keys.h \
	plugins/jose/keyset_status.c \
	plugins/jose/keyset.c plugins/jose/keyset.h plugins/jose/keyset_options.h \
	plugins/jose/landing.c plugins/jose/landing.h \
	plugins/jose/refresher.c plugins/jose/refresher.h \
	plugins/jose/response.c plugins/jose/response.h \
	plugins/jose/schedule.c plugins/jose/schedule.h \
	plugins/jose/signed_token.c plugins/jose/signed_token.h \
	plugins/jose/source.c plugins/jose/source.h \
	plugins/jose/subscribers.c plugins/jose/subscribers.h \
	plugins/jose/times.c plugins/jose/times.h \
	plugins/jose/token.c plugins/jose/token.h
