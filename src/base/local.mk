# SPDX-License-Identifier: MIT
# What libtam and the plugins are built on. Knows nothing of tokens.
noinst_LTLIBRARIES += src/base/libbase.la
src_base_libbase_la_CFLAGS = $(lib_cflags)
src_base_libbase_la_SOURCES = \
	src/base/array.h \
	src/base/assert.h \
	src/base/attr.h \
	src/base/alphabet.c src/base/alphabet.h \
	src/base/arena.c src/base/arena.h \
	src/base/base64.c src/base/base64.h \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/compat.h \
	src/base/display.c src/base/display.h \
	src/base/index.c src/base/index.h \
	src/base/json.c src/base/json.h \
	src/base/json_text.c src/base/json_text.h \
	src/base/limiter.c src/base/limiter.h \
	src/base/mem.c src/base/mem.h \
	src/base/equal.c src/base/equal.h \
	src/base/file.c src/base/file.h \
	src/base/quote.c src/base/quote.h \
	src/base/set.c src/base/set.h \
	src/base/str.c src/base/str.h \
	src/base/text.c src/base/text.h \
	src/base/thread.c src/base/thread.h \
	src/base/url.c src/base/url.h \
	src/base/simd.h \
	src/base/simd_avx2.c src/base/simd_avx2.h
