/* SPDX-License-Identifier: MIT
 *
 * One spelling for paths, hosts and headers. A proxy, tamd and a backend that read one URI in different ways are how
 * people walk past access rules, so what has more than one reading has none here.
 */
#include <config.h>

#include <tools/tamd/route/target.h>

#include <src/base/base64.h>
#include <src/base/str.h>
#include <tools/tamd/http/escape.h>
#include <tools/tamd/route/alike.h>

/* ---- Methods ---- */

bool target_method(struct tam_str text, struct tam_str *ret_method, const char **ret_fault) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 'A' || text.ptr[i] > 'Z') {
            *ret_fault = "a method with other than upper-case letters";
            return false;
        }
    }
    *ret_method = str_equal(text, STR("HEAD")) ? STR("GET") : text;
    return true;
}

static const struct tam_str method_keys[] = {
    STR_INIT("_method"),
    STR_INIT("x-http-method-override"), /* Play */
    STR_INIT("x-http-method"),
    STR_INIT("x-method-override"),
};

/* PHP makes `_` of a dot, a blank and a first bracket; some servers read letters of any case. */
static bool is_key_byte(char found, char wanted) {
    bool stands_in = (wanted == '_' || wanted == '-') && memchr("_-. +[", found, 6) != NULL;
    return stands_in || str_equal_nocase((struct tam_str){ &found, 1 }, (struct tam_str){ &wanted, 1 });
}

/* To PHP and Express a bracket begins what is in it, and a NUL is an end. */
static bool key_is(struct tam_str key, struct tam_str wanted) {
    for (size_t i = 0; i < wanted.len; i++) {
        if (i == key.len || !is_key_byte(key.ptr[i], wanted.ptr[i])) {
            return false;
        }
    }
    return key.len == wanted.len || memchr("[]+ ", key.ptr[wanted.len], 5) != NULL;
}

static bool is_method_key(struct tam_str key) {
    char text[64];
    size_t len = 0;
    for (size_t i = 0; i < key.len && len < sizeof text; i++) {
        int byte = key.ptr[i] == '%' ? escape_read(str_from(key, i + 1)) : (unsigned char)key.ptr[i];
        bool leads = len == 0 && (byte == ' ' || byte == '+');
        i += key.ptr[i] == '%' && byte >= 0 ? 2 : 0;
        text[len] = (char)(byte >= 0 ? byte : '%');
        len += leads ? 0 : 1;
    }
    struct tam_str found = { text, len }, inner = str_from(found, str_starts(found, STR("[")) ? 1 : 0);
    for (size_t i = 0; i < sizeof method_keys / sizeof method_keys[0]; i++) {
        if (key_is(found, method_keys[i]) || key_is(inner, method_keys[i])) {
            return true;
        }
    }
    return false;
}

bool target_query_names_method(struct tam_str query) {
    struct tam_str pair, part;
    while (str_cut(&query, '&', &pair)) {
        while (str_cut(&pair, ';', &part)) {
            if (is_method_key((struct tam_str){ part.ptr, str_find(part, '=') })) {
                return true;
            }
        }
    }
    return false;
}

/* ---- Paths ---- */

static bool is_control(unsigned char byte) {
    return byte < 0x20 || byte == 0x7f;
}

/* Whether it came escaped or not. */
static const char *byte_fault(unsigned char byte) {
    if (is_control(byte)) {
        return "a control byte";
    }
    if (byte == '\\') {
        return "a backward slash";
    }
    return byte == ';' ? "a path parameter" : NULL;
}

/* What an escape may not hide: one program cuts the path there, another does not. */
static const char *escape_fault(int byte) {
    switch (byte) {
    case -1:
        return "a bad escape";
    case '/':
        return "an escaped slash";
    case '?':
        return "an escaped question mark";
    case '#':
        return "an escaped number sign";
    default:
        return byte_fault((unsigned char)byte);
    }
}

/* Escapes undone, once. */
static const char *unescape(struct tam_str path, char *out, struct tam_str *ret_path) {
    size_t len = 0;
    for (size_t i = 0; i < path.len; i++, len++) {
        bool escaped = path.ptr[i] == '%';
        int byte = escaped ? escape_read(str_from(path, i + 1)) : (unsigned char)path.ptr[i];
        const char *fault = escaped ? escape_fault(byte) : byte_fault((unsigned char)byte);
        if (fault != NULL) {
            return fault;
        }
        out[len] = (char)byte;
        i += escaped ? 2 : 0;
    }
    *ret_path = (struct tam_str){ out, len };
    return NULL;
}

/* Of the path with its escapes undone: would a server that undoes escapes once more, or as IIS does, find another path?
 * And the control characters U+0080 to U+009F, which some take for line ends and blanks. */
static const char *second_fault(struct tam_str path) {
    for (size_t i = 0; i + 1 < path.len; i++) {
        unsigned char byte = (unsigned char)path.ptr[i], next = (unsigned char)path.ptr[i + 1];
        if (byte == '%' && (escape_read(str_from(path, i + 1)) >= 0 || next == 'u' || next == 'U')) {
            return "an escape of an escape";
        }
        if (byte == 0xc2 && next < 0xa0) {
            return "a control character";
        }
    }
    return NULL;
}

/* Index of the first such pair of bytes; text.len where there is none. */
static size_t find_pair(struct tam_str text, const char *pair) {
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == pair[0] && text.ptr[i + 1] == pair[1]) {
            return i;
        }
    }
    return text.len;
}

/* Windows drops dots and blanks at the end of a name, and some frameworks blanks at both ends. */
static const char *segment_fault(struct tam_str segment) {
    if (segment.len == 0) {
        return "an empty segment";
    }
    if (str_equal(segment, STR(".")) || str_equal(segment, STR(".."))) {
        return "a dot segment";
    }
    if (segment.ptr[segment.len - 1] == '.') {
        return "a segment that ends in a dot";
    }
    if (segment.ptr[0] == ' ' || segment.ptr[segment.len - 1] == ' ') {
        return "a segment with a blank at an end";
    }
    if (find_pair(segment, ":$") < segment.len) {
        return "a stream of a file"; /* Windows: admin::$DATA is admin */
    }
    return NULL;
}

static const char *segments_fault(struct tam_str path) {
    struct tam_str rest = str_from(path, 1), segment;
    const char *fault = NULL;
    while (fault == NULL && str_cut(&rest, '/', &segment)) {
        fault = segment_fault(segment);
    }
    return fault;
}

/* As it is, and as a server reads it that maps characters to others; blanks and dots beyond ASCII are mapped, too. */
static const char *any_segments_fault(struct tam_str path) {
    char out[TARGET_MAX];
    struct tam_str folded;
    const char *fault = segments_fault(path);
    return fault == NULL && alike_fold(path, out, &folded) ? segments_fault(folded) : fault;
}

bool target_path(struct tam_str uri, char *out, struct tam_str *ret_path, const char **ret_fault) {
    struct tam_str path = { uri.ptr, str_find(uri, '?') };
    const char *fault = NULL;
    if (uri.len >= TARGET_MAX) {
        fault = "too long";
    } else if (path.len == 0 || path.ptr[0] != '/') {
        fault = "no slash in front";
    } else if (str_find(uri, '#') < uri.len) {
        fault = "a fragment";
    } else {
        fault = unescape(path, out, &path);
    }
    if (fault == NULL && !str_is_utf8(path)) {
        fault = "not UTF-8";
    }
    if (fault == NULL) {
        fault = second_fault(path);
    }
    if (fault == NULL) {
        fault = any_segments_fault(path);
    }
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
    if (authority.len == 0 || authority.ptr[0] != '[') {
        return str_find(authority, ':');
    }
    size_t end = str_find(authority, ']');
    return end < authority.len ? end + 1 : 0;
}

static bool is_host(struct tam_str host) {
    bool bracketed = host.len > 2 && host.ptr[0] == '[';
    size_t from = bracketed ? 1 : 0, to = host.len - from;
    for (size_t i = from; i < to; i++) {
        bool empty = host.ptr[i] == '.' && (i == 0 || host.ptr[i - 1] == '.'); /* a label without a byte */
        if (empty || (!is_host_byte(host.ptr[i]) && !(bracketed && host.ptr[i] == ':'))) {
            return false;
        }
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

/* Bytes from 0x80 on are read as Latin-1 by some and as UTF-8 by others, and some then trim what is a blank in theirs.
 */
static const char *value_fault(struct tam_str value) {
    if (value.len >= TARGET_MAX) {
        return "a header that routes look at is too long";
    }
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.ptr[i];
        if (is_control(byte)) {
            return "a control byte in a header that routes look at";
        }
        if (byte >= 0x80) {
            return "a header that routes look at is not ASCII";
        }
        if (byte == ',') {
            return "a header that routes look at has two values";
        }
    }
    return NULL;
}

/* At the beginning; or in whole anywhere, where a server that reads it like a mail header decodes it (RFC 2047 §2). */
static bool has_encoding(struct tam_str value) {
    size_t begin = find_pair(value, "=?");
    struct tam_str rest = str_from(value, begin + 2);
    return value.len > 0 && (begin == 0 || find_pair(rest, "?=") < rest.len);
}

/* Nothing that a server might trim, end at or decode once it has decoded it, too. */
static bool is_clean(struct tam_str decoded) {
    char out[TARGET_MAX];
    struct tam_str folded;
    for (size_t i = 0; i < decoded.len; i++) {
        if (is_control((unsigned char)decoded.ptr[i])) {
            return false;
        }
    }
    if (!str_is_utf8(decoded) || has_encoding(decoded)) {
        return false;
    }
    (void)alike_fold(decoded, out, &folded);
    return folded.len > 0 && folded.ptr[0] != ' ' && folded.ptr[folded.len - 1] != ' ';
}

bool target_header(struct tam_str value, char *out, struct tam_str *ret_value, const char **ret_fault) {
    static const struct tam_str base64 = STR_INIT("=?base64?"), tail = STR_INIT("?=");
    struct tam_str inner = str_from(value, base64.len);
    size_t len = 0;
    const char *fault = value_fault(value);
    if (fault == NULL && !has_encoding(value)) {
        *ret_value = value;
        return true;
    }
    bool good = fault == NULL && str_starts_nocase(value, base64) && str_ends(inner, tail);
    inner.len -= good ? tail.len : 0;
    good = good && base64_decode(inner, (unsigned char *)out, &len) && is_clean((struct tam_str){ out, len });
    if (fault != NULL || !good) {
        *ret_fault = fault != NULL ? fault : "an encoding that cannot be read";
        return false;
    }
    *ret_value = (struct tam_str){ out, len };
    return true;
}

/* ---- Patterns ---- */

static enum target_fit segments_fit(struct tam_str pattern, struct tam_str path) {
    enum target_fit fit = TARGET_FITS;
    struct tam_str wanted, found;
    while (str_cut(&pattern, '/', &wanted)) {
        if (!str_cut(&path, '/', &found)) {
            return TARGET_UNLIKE;
        }
        if (str_equal(wanted, STR("*")) || str_equal(wanted, found)) {
            continue;
        }
        if (!str_equal_nocase(wanted, found)) {
            return TARGET_UNLIKE;
        }
        fit = TARGET_CASE;
    }
    return fit;
}

enum target_fit target_path_fits(struct tam_str pattern, struct tam_str path) {
    char out[TARGET_MAX];
    struct tam_str folded;
    enum target_fit fit = segments_fit(pattern, path);
    if (fit == TARGET_UNLIKE && alike_fold(path, out, &folded) && segments_fit(pattern, folded) != TARGET_UNLIKE) {
        return TARGET_ALIKE;
    }
    return fit;
}

static bool same_byte(char a, char b, bool nocase) {
    return a == b || (nocase && str_equal_nocase((struct tam_str){ &a, 1 }, (struct tam_str){ &b, 1 }));
}

static bool text_fits(struct tam_str pattern, struct tam_str text, bool nocase) {
    size_t at = 0, star = pattern.len, star_text = 0, i = 0;
    while (i < text.len) {
        if (at < pattern.len && pattern.ptr[at] == '*') {
            star = at++;
            star_text = i;
        } else if (at < pattern.len && same_byte(pattern.ptr[at], text.ptr[i], nocase)) {
            at++;
            i++;
        } else if (star < pattern.len) {
            at = star + 1;
            i = ++star_text;
        } else {
            return false;
        }
    }
    while (at < pattern.len && pattern.ptr[at] == '*') {
        at++;
    }
    return at == pattern.len;
}

/* As a server reads it that undoes quotes (RFC 9110 §5.6.4) and escapes; see also alike.h. */
static struct tam_str read_otherwise(struct tam_str text, char *out) {
    bool quoted = text.len >= 2 && text.ptr[0] == text.ptr[text.len - 1] && (text.ptr[0] == '"' || text.ptr[0] == '\'');
    struct tam_str inner = quoted ? (struct tam_str){ text.ptr + 1, text.len - 2 } : text;
    size_t len = 0;
    for (size_t i = 0; i < inner.len; i++) {
        int byte = inner.ptr[i] == '%' ? escape_read(str_from(inner, i + 1)) : -1;
        i += byte >= 0 ? 2 : quoted && inner.ptr[i] == '\\' && i + 1 < inner.len ? 1 : 0;
        out[len++] = (char)(byte >= 0 ? byte : inner.ptr[i]);
    }
    struct tam_str read = { out, len };
    if (str_is_utf8(read)) {
        (void)alike_fold(read, out, &read);
    }
    while (read.len > 0 && read.ptr[0] == ' ') {
        read = str_from(read, 1);
    }
    while (read.len > 0 && read.ptr[read.len - 1] == ' ') {
        read.len--;
    }
    return read;
}

enum target_fit target_text_fits(struct tam_str pattern, struct tam_str text) {
    char out[TARGET_MAX];
    if (text_fits(pattern, text, false)) {
        return TARGET_FITS;
    }
    if (text_fits(pattern, text, true)) {
        return TARGET_CASE;
    }
    return text.len < TARGET_MAX && text_fits(pattern, read_otherwise(text, out), true) ? TARGET_ALIKE : TARGET_UNLIKE;
}
