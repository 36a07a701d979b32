# SPDX-License-Identifier: MIT
pkgconfig_DATA += src/tam.pc src/tam-plugin.pc
