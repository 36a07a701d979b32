# SPDX-License-Identifier: MIT
plugin_LTLIBRARIES += plugins/jwt/tam_jwt.la
plugins_jwt_tam_jwt_la_CFLAGS = $(lib_cflags)
plugins_jwt_tam_jwt_la_SOURCES = \
	plugins/jwt/jwt.c \
	plugins/jwt/path.c plugins/jwt/path.h \
	plugins/jwt/settings.c plugins/jwt/settings.h
plugins_jwt_tam_jwt_la_LDFLAGS = $(tam_plugin_ldflags)
plugins_jwt_tam_jwt_la_LIBADD = plugins/jose/libjose.la
