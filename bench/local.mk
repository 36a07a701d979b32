# SPDX-License-Identifier: MIT
# Built on demand, by scripts/bench: `make bench/floor bench/tam bench/libjwt`; and by scripts/instructions.
EXTRA_PROGRAMS += bench/floor bench/instructions bench/tam bench/libjwt
bench_measure = bench/measure.c bench/measure.h
bench_floor_SOURCES = bench/floor.c $(bench_measure)
bench_floor_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
bench_floor_LDADD = src/base/libbase.la $(CRYPTO_LIBS)
bench_instructions_SOURCES = bench/instructions.c $(bench_measure)
bench_instructions_LDADD = src/base/libbase.la src/libtam.la
bench_tam_SOURCES = bench/tam.c $(bench_measure)
bench_tam_LDADD = src/base/libbase.la src/libtam.la
bench_libjwt_SOURCES = bench/libjwt.c $(bench_measure)
bench_libjwt_CPPFLAGS = $(AM_CPPFLAGS) $(LIBJWT_CFLAGS)
bench_libjwt_LDADD = src/base/libbase.la $(LIBJWT_LIBS)
EXTRA_DIST += bench/data/keys.json bench/data/token bench/instructions.txt scripts/instructions
CLEANFILES += $(EXTRA_PROGRAMS)
