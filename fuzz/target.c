/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: tamd's readers of a path, a host, a header and a form, with bytes as a proxy passes them on. Property:
 * an accepted value is canonical, so that a backend cannot read it differently.
 */
#include <config.h>

#include <fuzz/fuzz.h>
#include <src/base/str.h>
#include <tools/tamd/http/escape.h>
#include <tools/tamd/http/form.h>
#include <tools/tamd/route/target.h>

const char *const fuzz_seeds[] = {
    "/mcp/tools/delete%20all?x=/../y",
    "/a/%2e%2e/b%2Fc/%252e/;d",
    ("/\xef\xbd\x81"
     "dmin/x\xe2\x80\x8d\xc2\xa0y/\xef\xac\x83/\xf0\x9d\x90\x9a"),
    "\"%44el\\ete\xef\xbd\x9f\"",
    "a=b&%20.method%5B%5D=c;[x-http-method]=d",
    "API.Example.com.:443",
    "[::1]:8080",
    "=?base64?ZGVsZXRlX2FsbA==?=",
    "token=accept%2E1&token_type_hint=a+b",
    NULL,
};

/* A canonical path is read as itself when it is escaped and read again, and has no segment or character that is used to
 * evade rules. */
static void check_path(struct tam_str text) {
    char out[TARGET_MAX], again[TARGET_MAX];
    struct tam_str path = STR_NONE, second = STR_NONE, rest, segment;
    const char *fault = NULL;
    struct buf written;
    if (!target_path(text, out, &path, &fault)) {
        require(fault != NULL);
        return;
    }
    require(path.len <= text.len && str_is_utf8(path) && (path.len == 0 || path.ptr[0] == '/'));
    require(str_find(path, '\\') == path.len && str_find(path, ';') == path.len && str_find(path, '\0') == path.len);
    rest = str_from(path, 1);
    while (str_cut(&rest, '/', &segment)) {
        require(segment.len > 0 && !str_equal(segment, STR(".")) && !str_equal(segment, STR("..")));
    }
    bool delimits = str_find(path, '?') + str_find(path, '#') + str_find(path, '%') < 3 * path.len; /* if not escaped */
    buf_init(&written, 4 * (size_t)TARGET_MAX);
    escape_add(&written, path, 0);
    if (!delimits && path.len > 0 && written.len < TARGET_MAX) {
        require(target_path(buf_str(&written), again, &second, &fault) && str_equal(path, second));
    }
    require(target_path_fits(path, path) == TARGET_FITS && target_path_fits(STR_NONE, path) == TARGET_FITS);
    buf_free(&written);
}

static void check_others(struct tam_str text) {
    char out[TARGET_MAX], again[TARGET_MAX];
    struct tam_str found = STR_NONE, second = STR_NONE;
    const char *fault = NULL;
    struct buf value;
    if (target_host(text, out, &found, &fault)) {
        require(str_is_visible_ascii(found) && str_find(found, ',') == found.len && str_find(found, '@') == found.len);
        require(target_host(found, again, &second, &fault));
    }
    if (target_header(text, out, &found, &fault)) {
        require(str_is_utf8(found) && str_find(found, '\0') == found.len && str_find(found, '\t') == found.len);
    }
    if (target_method(text, &found, &fault)) {
        require(str_equal(found, text) || str_equal(text, STR("HEAD")));
    }
    require(!target_query_names_method(text) || text.len >= sizeof "_method" - 1);
    require(target_text_fits(STR("*"), text) == TARGET_FITS);
    buf_init(&value, text.len);
    if (form_value(text, STR("token"), &value)) {
        require(value.len < text.len);
    }
    buf_free(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tam_str text = { (const char *)data, size };
    check_path(text);
    check_others(text);
    return 0;
}
