/* SPDX-License-Identifier: MIT
 *
 * Reads a request's headers once. That libmicrohttpd made of its lines what they are was seen before (framing.h).
 */
#include <config.h>

#include <tools/tamd/http/fields.h>

#include <microhttpd.h>
#include <src/base/str.h>
#include <tools/tamd/http/request.h>

/* RFC 9110 §5.6.2 */
bool fields_is_token(struct tam_str text) {
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!plain && (byte == '\0' || strchr("!#$%&'*+-.^_`|~", byte) == NULL)) {
            return false;
        }
    }
    return text.len > 0;
}

/* ---- One header ---- */

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

struct tam_str fields_trim(struct tam_str value) {
    while (value.len > 0 && is_blank(value.ptr[0])) {
        value = str_from(value, 1);
    }
    while (value.len > 0 && is_blank(value.ptr[value.len - 1])) {
        value.len--;
    }
    return value;
}

static bool has_control(struct tam_str value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.ptr[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return true;
        }
    }
    return false;
}

bool fields_add(struct fields *fields, struct tam_str name, struct tam_str value, const char **ret_fault) {
    const char *fault = NULL;
    if (fields->count == FIELDS_MAX) {
        fault = "too many headers";
    } else if (!fields_is_token(name)) {
        fault = "a header's name is no token";
    } else if (has_control(value)) {
        fault = "a control byte in a header";
    }
    if (fault != NULL) {
        *ret_fault = fault;
        return false;
    }
    fields->items[fields->count++] = (struct field){ name, fields_trim(value) };
    return true;
}

struct tam_str fields_find(const struct fields *fields, struct tam_str name, size_t *ret_count) {
    struct tam_str value = STR_NONE;
    size_t count = 0;
    for (size_t i = 0; i < fields->count; i++) {
        if (str_equal_nocase(fields->items[i].name, name)) {
            value = count == 0 ? fields->items[i].value : value;
            count++;
        }
    }
    *ret_count = count;
    return value;
}

/* ---- All of a request ---- */

struct reading {
    struct fields *fields;
    const char *fault;
};

static enum MHD_Result read_one(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct reading *reading = ctx;
    (void)kind;
    return fields_add(reading->fields, str_of(name), str_of(value), &reading->fault) ? MHD_YES : MHD_NO;
}

bool fields_read(const struct request *request, struct fields *ret_fields, const char **ret_fault) {
    struct reading reading = { .fields = ret_fields };
    ret_fields->count = 0;
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, read_one, &reading);
    *ret_fault = reading.fault;
    return reading.fault == NULL;
}
