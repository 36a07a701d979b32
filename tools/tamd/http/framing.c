/* SPDX-License-Identifier: MIT
 *
 * Looks at the headers as libmicrohttpd hands them over, and at where they stand in its buffer. It puts a NUL in place
 * of a colon, of each byte of a line's end, and reads values up to a NUL: so a header that does not begin exactly two
 * bytes behind the one before it followed a bare line feed, a value with a NUL in it, or a folded line (RFC 9112 §2.2,
 * §5.2; RFC 9110 §5.5). From 1.0 on libmicrohttpd refuses these itself, and the places mean nothing.
 */
#include <config.h>

#include <tools/tamd/http/framing.h>

#include <src/base/str.h>
#include <tools/tamd/http/fields.h>
#include <tools/tamd/http/request.h>

#define IN_PLACE    (MHD_get_version()[0] == '0')
#define LINES_FAULT "a line of the headers ends without CR LF, is folded, or has a NUL in it"

struct scan {
    const char *next; /* where the next header must begin */
    const char *fault;
    size_t hosts, lengths, encodings;
    struct tam_str length, encoding;
};

/* RFC 9110 §7.2: what it is is for others to judge, but not where it ends. */
static bool host_is_plain(struct tam_str host) {
    while (host.len > 0 && (host.ptr[host.len - 1] == ' ' || host.ptr[host.len - 1] == '\t')) {
        host.len--;
    }
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] <= ' ' || host.ptr[i] >= 0x7f || strchr("/?#@\\\"", host.ptr[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static const char *header_fault(struct scan *scan, struct tam_str name, struct tam_str value) {
    if (IN_PLACE && name.ptr != scan->next) {
        return LINES_FAULT;
    }
    if (!fields_is_token(name)) {
        return "a header's name is no token";
    }
    if (str_find(value, '\r') < value.len) {
        return "a carriage return in a header, which some take for a line's end"; /* RFC 9112 §2.2 */
    }
    if (str_equal_nocase(name, STR("Host")) && (scan->hosts++ > 0 || !host_is_plain(value))) {
        return "the host is named twice, or is none";
    }
    if (str_equal_nocase(name, STR("Content-Length")) && scan->lengths++ > 0) {
        return "the content's length is there twice";
    }
    if (str_equal_nocase(name, STR("Transfer-Encoding")) && scan->encodings++ > 0) {
        return "the transfer encoding is there twice";
    }
    return NULL;
}

static enum MHD_Result scan_one(void *ctx, enum MHD_ValueKind kind, const char *key, const char *text) {
    struct scan *scan = ctx;
    struct tam_str name = str_of(key), value = str_of(text != NULL ? text : "");
    (void)kind;
    scan->fault = header_fault(scan, name, value);
    scan->next = value.ptr + value.len + strlen("\r\n");
    if (str_equal_nocase(name, STR("Content-Length"))) {
        scan->length = value;
    }
    if (str_equal_nocase(name, STR("Transfer-Encoding"))) {
        scan->encoding = value;
    }
    return scan->fault == NULL ? MHD_YES : MHD_NO;
}

/* Method, target and version with one blank between them; the target as it was before its query was cut off. */
static bool line_is_in_place(const struct request *request) {
    const char *url = request->path.ptr;
    return url == request->method + strlen(request->method) + strlen(" ") &&
           request->version == url + request->client->target_len + strlen(" ");
}

static bool ends_in_place(const struct request *request, const struct scan *scan) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info != NULL && scan->next + strlen("\r\n") == request->method + info->header_size;
}

/* RFC 9112 §6.1: both at once, or an encoding that the version does not know, is how a request is smuggled. */
static const char *body_fault(const struct scan *scan, const char *version) {
    if (scan->encodings == 0) {
        return NULL;
    }
    if (scan->lengths > 0) {
        return "the content has a length and a transfer encoding";
    }
    if (strcmp(version, MHD_HTTP_VERSION_1_1) != 0) {
        return "a transfer encoding needs HTTP/1.1";
    }
    return str_equal_nocase(scan->encoding, STR("chunked")) ? NULL : "the transfer encoding is not chunked";
}

const char *framing_read(const struct request *request, struct framing *ret_framing) {
    struct scan scan = { .next = request->version + strlen(request->version) + strlen("\r\n") };
    int64_t length = 0;
    if (!fields_is_token(str_of(request->method)) || (IN_PLACE && !line_is_in_place(request))) {
        return "the request's line is not a method, a target and a version with a blank between them";
    }
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, scan_one, &scan);
    if (scan.fault != NULL) {
        return scan.fault;
    }
    if (IN_PLACE && !ends_in_place(request, &scan)) {
        return LINES_FAULT;
    }
    const char *fault = body_fault(&scan, request->version);
    if (fault != NULL) {
        return fault;
    }
    if (scan.lengths > 0 && !str_number(scan.length, INT64_MAX, &length)) {
        return "the content's length is no number";
    }
    *ret_framing = (struct framing){ .has_body = length > 0 || scan.encodings > 0,
                                     .chunked = scan.encodings > 0,
                                     .length = length };
    return NULL;
}
