/* SPDX-License-Identifier: MIT
 *
 * One spelling for paths, hosts and headers. A proxy, tamd and a backend that read one URI in different ways are how people
 * walk past access rules, so what has more than one reading has none here.
 */
#include <config.h>

#include <tools/tamd/target.h>

#include <src/base/base64.h>
#include <src/base/str.h>
#include <tools/tamd/escape.h>

/* ---- Paths ---- */

/* Whether it came escaped or not. */
static const char *byte_fault(unsigned char byte) {
    if (byte < 0x20 || byte == 0x7f)
        return "a control byte";
    if (byte == '\\')
        return "a backward slash";
    return byte == ';' ? "a path parameter" : NULL;
}

static const char *escape_fault(struct tam_str digits) {
    int byte = escape_read(digits);
    if (byte < 0)
        return "a bad escape";
    if (byte == '/')
        return "an escaped slash";
    if (byte == '%' && escape_read(str_from(digits, 2)) >= 0)
        return "an escape of an escape";
    return byte_fault((unsigned char)byte);
}

/* Escapes undone, once. */
static const char *unescape(struct tam_str path, char *out, struct tam_str *ret_path) {
    size_t len = 0;
    for (size_t i = 0; i < path.len; i++, len++) {
        bool escaped = path.ptr[i] == '%';
        struct tam_str digits = str_from(path, i + 1);
        const char *fault = escaped ? escape_fault(digits) : byte_fault((unsigned char)path.ptr[i]);
        if (fault != NULL)
            return fault;
        out[len] = escaped ? (char)escape_read(digits) : path.ptr[i];
        i += escaped ? 2 : 0;
    }
    *ret_path = (struct tam_str){ out, len };
    return NULL;
}

static const char *segments_fault(struct tam_str path) {
    struct tam_str rest = str_from(path, 1), segment;
    while (str_cut(&rest, '/', &segment)) {
        if (segment.len == 0)
            return "an empty segment";
        if (str_equal(segment, STR(".")) || str_equal(segment, STR("..")))
            return "a dot segment";
    }
    return NULL;
}

bool target_path(struct tam_str uri, char *out, struct tam_str *ret_path, const char **ret_fault) {
    struct tam_str path = { uri.ptr, str_find(uri, '?') };
    const char *fault = NULL;
    if (uri.len >= TARGET_MAX)
        fault = "too long";
    else if (path.len == 0 || path.ptr[0] != '/')
        fault = "no slash in front";
    else if (str_find(uri, '#') < uri.len)
        fault = "a fragment";
    else
        fault = unescape(path, out, &path);
    if (fault == NULL && !str_is_utf8(path))
        fault = "not UTF-8";
    if (fault == NULL)
        fault = segments_fault(path);
    if (fault != NULL) {
        *ret_fault = fault;
        return false;
    }
    path.len -= str_ends(path, STR("/")) ? 1 : 0;
    *ret_path = path;
    return true;
}

/* ---- Hosts ---- */

static bool is_host_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_';
}

static bool is_port(struct tam_str text) {
    int64_t port = 0;
    return text.len == 0 || (text.ptr[0] == ':' && (text.len == 1 || str_number(str_from(text, 1), 65535, &port)));
}

/* Of an IPv6 address what is between brackets, brackets included. */
static size_t host_length(struct tam_str authority) {
    if (authority.len == 0 || authority.ptr[0] != '[')
        return str_find(authority, ':');
    size_t end = str_find(authority, ']');
    return end < authority.len ? end + 1 : 0;
}

static bool is_host(struct tam_str host) {
    bool bracketed = host.len > 2 && host.ptr[0] == '[';
    size_t from = bracketed ? 1 : 0, to = host.len - from;
    for (size_t i = from; i < to; i++) {
        bool empty = host.ptr[i] == '.' && (i == 0 || host.ptr[i - 1] == '.'); /* a label without a byte */
        if (empty || (!is_host_byte(host.ptr[i]) && !(bracketed && host.ptr[i] == ':')))
            return false;
    }
    return host.len > 0 && host.ptr[host.len - 1] != '.';
}

bool target_host(struct tam_str authority, char *out, struct tam_str *ret_host, const char **ret_fault) {
    struct tam_str host = { out, host_length(authority) };
    if (authority.len >= TARGET_MAX || !is_port(str_from(authority, host.len))) {
        *ret_fault = "no host";
        return false;
    }
    str_lower((struct tam_str){ authority.ptr, host.len }, out);
    host.len -= str_ends(host, STR(".")) ? 1 : 0;
    if (!is_host(host)) {
        *ret_fault = "no host";
        return false;
    }
    *ret_host = host;
    return true;
}

/* ---- Headers ---- */

bool target_header(struct tam_str value, char *out, struct tam_str *ret_value, const char **ret_fault) {
    static const struct tam_str head = STR_INIT("=?"), base64 = STR_INIT("=?base64?"), tail = STR_INIT("?=");
    struct tam_str inner = str_from(value, base64.len);
    size_t len = 0;
    if (!str_starts(value, head)) {
        *ret_value = value;
        return true;
    }
    bool good = value.len < TARGET_MAX && str_starts_nocase(value, base64) && str_ends(inner, tail);
    inner.len -= good ? tail.len : 0;
    if (!good || !base64_decode(inner, (unsigned char *)out, &len) || !str_is_utf8((struct tam_str){ out, len })) {
        *ret_fault = "an encoding that cannot be read";
        return false;
    }
    *ret_value = (struct tam_str){ out, len };
    return true;
}

/* ---- Patterns ---- */

bool target_path_fits(struct tam_str pattern, struct tam_str path) {
    struct tam_str wanted, found;
    while (str_cut(&pattern, '/', &wanted))
        if (!str_cut(&path, '/', &found) || !(str_equal(wanted, STR("*")) || str_equal(wanted, found)))
            return false;
    return true;
}

bool target_text_fits(struct tam_str pattern, struct tam_str text) {
    size_t at = 0, star = pattern.len, star_text = 0, i = 0;
    while (i < text.len) {
        if (at < pattern.len && pattern.ptr[at] == '*') {
            star = at++;
            star_text = i;
        } else if (at < pattern.len && pattern.ptr[at] == text.ptr[i]) {
            at++;
            i++;
        } else if (star < pattern.len) {
            at = star + 1;
            i = ++star_text;
        } else {
            return false;
        }
    }
    while (at < pattern.len && pattern.ptr[at] == '*')
        at++;
    return at == pattern.len;
}
