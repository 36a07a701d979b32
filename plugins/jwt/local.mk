# SPDX-License-Identifier: MIT
if BUILD_JWT
plugin_LTLIBRARIES += plugins/jwt/tam_jwt.la
plugins_jwt_tam_jwt_la_CFLAGS = $(lib_cflags)
plugins_jwt_tam_jwt_la_SOURCES = \
	plugins/jwt/jwt.c \
	plugins/jwt/path.c plugins/jwt/path.h \
	plugins/jwt/settings.c plugins/jwt/settings.h
plugins_jwt_tam_jwt_la_LDFLAGS = $(tam_plugin_ldflags)
plugins_jwt_tam_jwt_la_LIBADD = plugins/jose/libjose.la
man_MANS += plugins/jwt/tam_jwt.8
nobase_example_DATA += plugins/jwt/example/api.example.com
endif
EXTRA_DIST += plugins/jwt/tam_jwt.8 plugins/jwt/example/api.example.com
