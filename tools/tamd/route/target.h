/* SPDX-License-Identifier: MIT
 *
 * What a request is for, in the one spelling that routes are compared with. It refuses whatever a backend could read
 * otherwise. The paths and hosts of the configuration go through the same functions.
 */
#ifndef TAM_TAMD_TARGET_H
#define TAM_TAMD_TARGET_H

#include <stdbool.h>
#include <tam/types.h>

#define TARGET_MAX 8192 /* bytes of a URI, or of a header that routes look at */

/*
 * A method (RFC 9110 §9.1): upper-case letters alone, for some servers take `delete` for DELETE. HEAD is GET: servers
 * answer it by doing what GET does, so a rule for GET is a rule for HEAD. False, and *ret_fault says why (static text).
 */
bool target_method(struct tam_str text, struct tam_str *ret_method, const char **ret_fault);

/* Is there a parameter in the query by which frameworks (method-override of Express, Symfony, Play) let a form be
 * DELETE: `_method` or one named as their headers, in any spelling that PHP or Express read as it? */
bool target_query_names_method(struct tam_str query);

/*
 * The path of a URI as it came in a request line (RFC 9112 §3.2.1): the query cut off, escapes undone, no slash at its
 * end. Into out, of TARGET_MAX bytes. False, and *ret_fault says why (static text), for what is ambiguous: no slash in
 * front, dot segments, empty segments, segments that end in a dot or have a blank at an end (of any kind, see alike.h),
 * an escaped `/`, `?` or
 * `#`, a backward slash, `;`, `:$`, an escape of an escape, control characters, what is not UTF-8, a fragment.
 */
bool target_path(struct tam_str uri, char *out, struct tam_str *ret_path, const char **ret_fault);

/* A Host header's host: lower case, without port and without the root's dot. Into out, of TARGET_MAX bytes. */
bool target_host(struct tam_str authority, char *out, struct tam_str *ret_host, const char **ret_fault);

/*
 * The one value of a header, without the blanks and tabs at its ends (RFC 9110 §5.5): visible ASCII and blanks, without
 * a comma, which would make it two values (§5.3). `=?base64?…?=`, as MCP's headers carry what is not ASCII, is decoded,
 * into out, of TARGET_MAX bytes. False, and *ret_fault says why (static text), for anything else.
 */
bool target_header(struct tam_str value, char *out, struct tam_str *ret_value, const char **ret_fault);

enum target_fit {
    TARGET_UNLIKE,
    TARGET_ALIKE, /* as a server reads it that maps characters to others (alike.h), or undoes quotes and escapes of a
                     header */
    TARGET_CASE,  /* but for the case of ASCII letters */
    TARGET_FITS
};

/* Whole segments from the front; a segment `*` of the pattern stands for any one. The empty pattern fits all. */
enum target_fit target_path_fits(struct tam_str pattern, struct tam_str path);
/* Whole; every `*` of the pattern stands for any bytes. */
enum target_fit target_text_fits(struct tam_str pattern, struct tam_str text);

#endif
