# SPDX-License-Identifier: MIT
tamincludedir = $(includedir)/tam
taminclude_HEADERS = include/tam/types.h include/tam/tam.h include/tam/plugin.h
