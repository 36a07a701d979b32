# SPDX-License-Identifier: MIT
dist_man_MANS += doc/libtam.3 doc/tam.7 doc/tam.d.5 doc/tam-plugin.7

# What programs read, for them and for tests/system/test_schemas.sh.
schemadir = $(docdir)/schema
dist_schema_DATA = doc/schema/check.json doc/schema/describe.json doc/schema/plugins.json doc/schema/status.json \
	doc/schema/tamd-status.json doc/schema/verify.json
EXTRA_DIST += doc/conformance.md doc/fastmcp.md doc/keysets.md

# Of tam.h's own comments: a page for each group of functions, and a name for each function.
api_pages = doc/tam_service_open.3 doc/tam_verify.3 doc/tam_result.3 doc/tam_metadata.3 doc/tam_waiter_open.3 doc/tam_types.3
man_MANS += $(api_pages)
$(api_pages): doc/api-pages.stamp
doc/api-pages.stamp: $(srcdir)/scripts/api-pages $(srcdir)/include/tam/tam.h $(srcdir)/include/tam/types.h
	$(AM_V_GEN)$(MKDIR_P) doc && $(SHELL) '$(srcdir)/scripts/api-pages' '$(srcdir)/include/tam' doc && touch $@
CLEANFILES += $(api_pages) doc/api-pages.stamp
EXTRA_DIST += scripts/api-pages scripts/manual-examples
