/* SPDX-License-Identifier: MIT
 *
 * A library with a plugin's symbol, for a plugin that has none itself and depends on it.
 */
#define BROKEN_NAME "borrower"
#include <tests/plugins/broken.c> /* NOLINT(bugprone-suspicious-include): the same plugin, by another name */

extern __attribute__((visibility("default"))) const int borrowed_anchor;
const int borrowed_anchor = 1;
