# SPDX-License-Identifier: MIT
# What hosts are told.
src_answer_sources = \
	src/answer/challenge.c src/answer/challenge.h \
	src/answer/describe.c \
	src/answer/document.c src/answer/document.h \
	src/answer/explanation.c src/answer/explanation.h \
	src/answer/list.c \
	src/answer/metadata.c src/answer/metadata.h \
	src/answer/result.c src/answer/result.h
