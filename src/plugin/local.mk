# SPDX-License-Identifier: MIT
# From a name to a checked plugin.
src_plugin_sources = \
	src/plugin/loader.c src/plugin/loader.h \
	src/plugin/names.c src/plugin/names.h \
	src/plugin/table.c src/plugin/table.h
