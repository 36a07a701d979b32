/* SPDX-License-Identifier: MIT
 *
 * The headers of a request, as everybody must read them: whole lines, names that are tokens, values without the blanks
 * at their ends and without control bytes.
 */
#ifndef TAM_TAMD_FIELDS_H
#define TAM_TAMD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <tam/types.h>

#define FIELDS_MAX 256

struct request;

struct field {
    struct tam_str name, value;
};

struct fields {
    struct field items[FIELDS_MAX];
    size_t count;
};

/* False, and *ret_fault says why (static text), where some server could read other headers than these. */
bool fields_read(const struct request *request, struct fields *ret_fields, const char **ret_fault);

/* Adds one, its value without blanks and tabs at its ends (RFC 9110 §5.5). The views must live as long. False, and
 * *ret_fault. */
bool fields_add(struct fields *fields, struct tam_str name, struct tam_str value, const char **ret_fault);

/* The header's first value; *ret_count says how often it is there. */
struct tam_str fields_find(const struct fields *fields, struct tam_str name, size_t *ret_count);

/* Without the blanks and tabs at its ends, which are no part of a value (RFC 9110 §5.5). */
struct tam_str fields_trim(struct tam_str value);

/* RFC 9110 §5.6.2: the bytes of a header's name, or of a method. */
bool fields_is_token(struct tam_str text);

#endif
