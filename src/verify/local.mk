# SPDX-License-Identifier: MIT
# The way of a token.
src_verify_sources = \
	src/verify/authorization.c src/verify/authorization.h \
	src/verify/pasted.c src/verify/pasted.h \
	src/verify/permission.c src/verify/permission.h \
	src/verify/query.c src/verify/query.h \
	src/verify/report.c src/verify/report.h \
	src/verify/verify.c
