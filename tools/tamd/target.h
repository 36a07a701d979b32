/* SPDX-License-Identifier: MIT
 *
 * What a request is for, in the one spelling that routes are compared with. It refuses whatever a backend could read otherwise.
 */
#ifndef TAM_TAMD_TARGET_H
#define TAM_TAMD_TARGET_H

#include <stdbool.h>
#include <tam/types.h>

#define TARGET_MAX 8192 /* bytes of a URI, or of a header that routes look at */

/*
 * The path of a URI as it came in a request line (RFC 9112 §3.2.1): the query cut off, escapes undone, no slash at its end.
 * Into out, of TARGET_MAX bytes. False, and *ret_fault says why (static text), for what is ambiguous: no slash in front, dot
 * segments, empty segments, an escaped or backward slash, `;`, an escape of an escape, control bytes, what is not UTF-8, a
 * fragment.
 */
bool target_path(struct tam_str uri, char *out, struct tam_str *ret_path, const char **ret_fault);

/* A Host header's host: lower case, without port and without the root's dot. Into out, of TARGET_MAX bytes. */
bool target_host(struct tam_str authority, char *out, struct tam_str *ret_host, const char **ret_fault);

/* `=?base64?…?=`, as MCP's headers carry what is not ASCII, decoded; any other value as it is. */
bool target_header(struct tam_str value, char *out, struct tam_str *ret_value, const char **ret_fault);

/* Whole segments from the front; a segment `*` of the pattern stands for any one. The empty pattern fits all. */
bool target_path_fits(struct tam_str pattern, struct tam_str path);
/* Whole; every `*` of the pattern stands for any bytes. */
bool target_text_fits(struct tam_str pattern, struct tam_str text);

#endif
