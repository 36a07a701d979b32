# SPDX-License-Identifier: MIT
# A service: its configuration, generations, verifiers, cache, log, and what plugins are handed.
src_service_sources = \
	src/service/answer.c src/service/answer.h \
	src/service/boundary.c src/service/boundary.h \
	src/service/cache.c src/service/cache.h \
	src/service/config.c src/service/config.h \
	src/service/counters.c src/service/counters.h \
	src/service/description.c src/service/description.h \
	src/service/epoch.c src/service/epoch.h \
	src/service/faults.c src/service/faults.h \
	src/service/fork.c src/service/fork.h \
	src/service/generation.c src/service/generation.h \
	src/service/log.c src/service/log.h \
	src/service/options.c src/service/options.h \
	src/service/reasons.c src/service/reasons.h \
	src/service/resource.c src/service/resource.h \
	src/service/result_pool.c src/service/result_pool.h \
	src/service/service.c src/service/service.h \
	src/service/services.c src/service/services.h \
	src/service/setup.c src/service/setup.h \
	src/service/stderr_log.c src/service/stderr_log.h \
	src/service/waiter.c src/service/waiter.h
