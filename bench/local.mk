# SPDX-License-Identifier: MIT
# Built on demand, by scripts/bench and scripts/instructions; some also for their test, so that no change leaves them behind.
check_PROGRAMS += bench/tam bench/threads
if BUILD_JOSE
check_PROGRAMS += bench/documents
endif
if BUILD_ISSUER
check_PROGRAMS += bench/cases bench/floor bench/shapes
endif
EXTRA_PROGRAMS += bench/cold bench/instructions bench/libraries bench/memory bench/mhd200
bench_measure = bench/measure.c bench/measure.h
bench_host = bench/host.c bench/host.h $(bench_measure)
bench_cases_SOURCES = bench/cases.c
bench_cases_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
bench_cases_LDADD = tools/libissuer.la $(JANSSON_LIBS) $(CRYPTO_LIBS)
bench_cold_SOURCES = bench/cold.c $(bench_host)
bench_cold_LDADD = src/base/libbase.la src/libtam.la
bench_documents_SOURCES = bench/documents.c
bench_documents_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(CURL_CFLAGS)
bench_documents_LDADD = plugins/jose/libjose.la src/libtam.la $(CURL_LIBS) $(CRYPTO_LIBS)
bench_floor_SOURCES = bench/floor.c $(bench_measure)
bench_floor_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
bench_floor_LDADD = src/base/libbase.la $(CRYPTO_LIBS)
bench_instructions_SOURCES = bench/instructions.c $(bench_measure)
bench_instructions_LDADD = src/base/libbase.la src/libtam.la
bench_libraries_SOURCES = bench/libraries.c $(bench_measure)
bench_libraries_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(CURL_CFLAGS)
bench_libraries_LDADD = src/base/libbase.la $(CURL_LIBS) $(CRYPTO_LIBS)
bench_memory_SOURCES = bench/memory.c $(bench_host)
bench_memory_LDADD = src/base/libbase.la src/libtam.la
bench_mhd200_SOURCES = bench/mhd200.c tests/support/serve.c tests/support/serve.h
bench_mhd200_CPPFLAGS = $(AM_CPPFLAGS) $(MICROHTTPD_CFLAGS)
bench_mhd200_LDADD = $(MICROHTTPD_LIBS)
bench_shapes_SOURCES = bench/shapes.c
bench_shapes_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
bench_shapes_LDADD = tools/libissuer.la src/libtam.la $(JANSSON_LIBS) $(CRYPTO_LIBS)
bench_tam_SOURCES = bench/tam.c $(bench_host)
bench_tam_LDADD = src/base/libbase.la src/libtam.la
bench_threads_SOURCES = bench/threads.c $(bench_host)
bench_threads_LDADD = src/base/libbase.la src/libtam.la

# Other people's verifiers. configure does not look for them: scripts/bench builds those that can be built.
EXTRA_PROGRAMS += bench/peers/libjwt bench/peers/cjose bench/peers/liboauth2 bench/peers/rhonabwy
bench_peer = bench/peers/peer.c bench/peers/peer.h $(bench_measure)
bench_peers_libjwt_SOURCES = bench/peers/libjwt.c $(bench_peer)
bench_peers_libjwt_CPPFLAGS = $(AM_CPPFLAGS) $(LIBJWT_CFLAGS)
bench_peers_libjwt_LDADD = src/base/libbase.la $(LIBJWT_LIBS)
bench_peers_cjose_SOURCES = bench/peers/cjose.c $(bench_peer)
bench_peers_cjose_LDADD = src/base/libbase.la -lcjose
bench_peers_liboauth2_SOURCES = bench/peers/liboauth2.c $(bench_peer)
bench_peers_liboauth2_LDADD = src/base/libbase.la -loauth2 $(JANSSON_LIBS)
bench_peers_rhonabwy_SOURCES = bench/peers/rhonabwy.c $(bench_peer)
bench_peers_rhonabwy_LDADD = src/base/libbase.la -lrhonabwy
EXTRA_DIST += bench/tamd.sh bench/data/keys.json bench/data/token bench/instructions.txt scripts/instructions
EXTRA_DIST += bench/REPORT.md bench/REPORT.svg bench/chart.py bench/report.py bench/peers/authlib_jwt.py bench/peers/fast_jwt.mjs bench/peers/jose.mjs \
	bench/peers/jsonwebtoken.mjs bench/peers/measure.mjs bench/peers/measure.py bench/peers/package-lock.json \
	bench/peers/package.json bench/peers/pyjwt.py
CLEANFILES += $(EXTRA_PROGRAMS)
