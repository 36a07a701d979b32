# SPDX-License-Identifier: MIT
dist_man_MANS += doc/libtam.3 doc/tam.7 doc/tam.d.5 doc/tam-plugin.7 doc/tam_azure.8 doc/tam_jwt.8
EXTRA_DIST += doc/conformance.md doc/fastmcp.md doc/keysets.md
