# SPDX-License-Identifier: MIT
if BUILD_AZURE
plugin_LTLIBRARIES += plugins/azure/tam_azure.la
plugins_azure_tam_azure_la_CFLAGS = $(lib_cflags)
plugins_azure_tam_azure_la_SOURCES = \
	plugins/azure/authority.c plugins/azure/authority.h \
	plugins/azure/azure.c \
	plugins/azure/checks.c plugins/azure/checks.h \
	plugins/azure/cloud.c plugins/azure/cloud.h \
	plugins/azure/conditions.c \
	plugins/azure/description.c plugins/azure/description.h \
	plugins/azure/hints.c \
	plugins/azure/identifier.c plugins/azure/identifier.h \
	plugins/azure/origin.c \
	plugins/azure/scopes.c plugins/azure/scopes.h \
	plugins/azure/settings.c plugins/azure/settings.h \
	plugins/azure/template.c plugins/azure/template.h
plugins_azure_tam_azure_la_LDFLAGS = $(tam_plugin_ldflags)
plugins_azure_tam_azure_la_LIBADD = plugins/jose/libjose.la
man_MANS += plugins/azure/tam_azure.8
nobase_example_DATA += plugins/azure/example/api.example.com
endif
EXTRA_DIST += plugins/azure/tam_azure.8 plugins/azure/example/api.example.com
