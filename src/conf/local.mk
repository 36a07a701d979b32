# SPDX-License-Identifier: MIT
# The language of service files and of tamd's file. Linked by libtam and by tamd alike.
noinst_LTLIBRARIES += src/conf/libconf.la
src_conf_libconf_la_CFLAGS = $(lib_cflags)
src_conf_libconf_la_SOURCES = \
	src/conf/cursor.c src/conf/cursor.h \
	src/conf/faults.c src/conf/faults.h \
	src/conf/hidden.c src/conf/hidden.h \
	src/conf/nearest.c src/conf/nearest.h \
	src/conf/option.c src/conf/option.h src/conf/option_table.c \
	src/conf/source.h \
	src/conf/statement.c src/conf/statement.h \
	src/conf/table.c src/conf/table.h \
	src/conf/value.c src/conf/value.h
