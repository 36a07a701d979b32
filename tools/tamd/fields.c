/* SPDX-License-Identifier: MIT
 *
 * Reads a request's headers once, and refuses the request where its lines are not what libmicrohttpd makes of them.
 */
#include <config.h>

#include <tools/tamd/fields.h>

#include <microhttpd.h>
#include <src/base/str.h>
#include <tools/tamd/request.h>

#define LINE_END ((size_t)2) /* CR LF */

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

static struct tam_str trim(struct tam_str value) {
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
    fields->items[fields->count++] = (struct field){ name, trim(value) };
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
    size_t size; /* bytes of the lines that were handed over */
};

static enum MHD_Result read_one(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct reading *reading = ctx;
    struct tam_str found = str_of(value);
    (void)kind;
    reading->size += (size_t)(value + found.len - name) + LINE_END;
    return fields_add(reading->fields, str_of(name), found, &reading->fault) ? MHD_YES : MHD_NO;
}

/* Method, path and version, each a view of the request line; a query may stand between the last two. */
static bool line_is_whole(const struct request *request) {
    size_t method = strlen(request->method);
    const char *end = request->path.ptr + request->path.len;
    bool query = MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, NULL, NULL) > 0;
    return request->path.ptr == request->method + method + 1 && (query || request->version == end + 1);
}

/*
 * libmicrohttpd before 1.0 gives texts that end at a NUL, takes a line that begins with one for the end of the headers, and
 * reads on after a lone LF: whoever reads bytes instead finds other values and other headers. Its texts lie where the lines
 * came in, so the lines that it gave must add up to what came. From 1.0 on it refuses such requests by itself, and trims values.
 */
static bool lines_are_whole(const struct request *request, size_t headers) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t line = (size_t)(request->version + strlen(request->version) - request->method) + LINE_END;
    return MHD_get_version()[0] != '0' ||
           (info != NULL && line_is_whole(request) && line + headers + LINE_END == info->header_size);
}

bool fields_read(const struct request *request, struct fields *ret_fields, const char **ret_fault) {
    struct reading reading = { .fields = ret_fields };
    ret_fields->count = 0;
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, read_one, &reading);
    if (reading.fault == NULL && !lines_are_whole(request, reading.size)) {
        reading.fault = "a NUL, a folded line or a lone line end among its headers";
    }
    *ret_fault = reading.fault;
    return reading.fault == NULL;
}
