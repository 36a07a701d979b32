/* SPDX-License-Identifier: MIT
 *
 * The last good key set on disk.
 */
#include <config.h>

#include <plugins/jose/cache_file.h>
#include <src/base/arena.h>
#include <src/base/buf.h>
#include <src/base/owner.h>
#include <src/base/str.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_SIZE (KEYS_MAX_BODY + 16 * 1024)
#define MEMORY_MAX    ((size_t)16 << 20)

static struct tam_str text_of(const struct json *object, struct tam_str name) {
    const struct json *value = json_member(object, name);
    return json_is(value, JSON_TYPE_STRING) ? value->text : STR_NONE;
}

static struct keys *read_content(const struct cache_file *file, const struct json *object, int64_t now,
                                 int64_t *ret_fetched, struct buf *why) {
    const struct json *jwks = json_member(object, STR("jwks"));
    int64_t fetched = 0;
    if (!str_equal(text_of(object, STR("url")), file->url) || jwks == NULL ||
        !json_to_integer(json_member(object, STR("fetched_at")), &fetched)) {
        buf_add_text(why, "the key cache file is of another source, or damaged");
        return NULL;
    }
    if (fetched > now) {
        buf_add_text(why, "the key cache file is from the future");
        return NULL;
    }
    struct keys_origin origin = { text_of(object, STR("issuer")), text_of(object, STR("jwks_uri")),
                                  text_of(object, STR("authorization_endpoint")),
                                  text_of(object, STR("cloud_instance_name")) };
    struct keys *keys = keys_from_jwks(jwks->raw, KEY_FROM_URL, why);
    if (keys != NULL && !keys_set_origin(keys, &origin)) {
        keys_unref(keys);
        keys = NULL;
    }
    *ret_fetched = fetched;
    return keys;
}

struct keys *cache_file_read(const struct cache_file *file, int64_t now, int64_t *ret_fetched, struct buf *why) {
    struct buf content;
    struct arena arena;
    struct keys *keys = NULL;
    const char *fault = "it is no object";
    struct stat status;
    if (lstat(file->path.ptr, &status) != 0 && errno == ENOENT) {
        return NULL;
    }
    buf_init(&content, FILE_MAX_SIZE);
    arena_init(&arena, NULL, 0, MEMORY_MAX);
    if (owner_read(file->path.ptr, OWNER_NO_LINK | OWNER_PRIVATE, FILE_MAX_SIZE, &content, why)) {
        struct pool pool = arena_pool(&arena);
        const struct json *object = json_read(buf_str(&content), &pool, &fault);
        if (json_is(object, JSON_TYPE_OBJECT)) {
            keys = read_content(file, object, now, ret_fetched, why);
        } else {
            buf_format(why, "the key cache file is damaged: %s", fault);
        }
    }
    arena_free(&arena);
    buf_free(&content);
    return keys;
}

static void add_member(struct buf *buf, const char *name, struct tam_str value) {
    buf_format(buf, "\"%s\":", name);
    json_quote(buf, value);
    buf_add_byte(buf, ',');
}

static void write_content(struct buf *buf, const struct cache_file *file, struct tam_str body,
                          const struct keys_origin *origin, int64_t fetched) {
    buf_add_byte(buf, '{');
    add_member(buf, "url", file->url);
    add_member(buf, "issuer", origin->issuer);
    add_member(buf, "jwks_uri", origin->jwks_uri);
    add_member(buf, "authorization_endpoint", origin->authorization_endpoint);
    add_member(buf, "cloud_instance_name", origin->cloud_instance_name);
    buf_add_text(buf, "\"fetched_at\":");
    buf_add_number(buf, fetched);
    buf_add_text(buf, ",\"jwks\":");
    buf_add(buf, body);
    buf_add_text(buf, "}\n");
}

static bool write_all(int descriptor, struct tam_str text) {
    while (text.len > 0) {
        ssize_t n = write(descriptor, text.ptr, text.len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        text = str_from(text, n > 0 ? (size_t)n : 0);
    }
    return fsync(descriptor) == 0;
}

/* A name of its own for each writer, then one rename: readers see the old file or the new one. */
static bool replace(const char *path, struct tam_str text) {
    struct buf temporary;
    buf_init(&temporary, 8192);
    buf_format(&temporary, "%s.XXXXXX", path);
    int descriptor = temporary.failed ? -1 : mkostemp(temporary.ptr, O_CLOEXEC); /* mode 0600 */
    bool good = descriptor >= 0 && write_all(descriptor, text);
    if (descriptor >= 0) {
        good = close(descriptor) == 0 && good && rename(temporary.ptr, path) == 0;
        if (!good) {
            unlink(temporary.ptr);
        }
    }
    buf_free(&temporary);
    return good;
}

bool cache_file_write(const struct cache_file *file, struct tam_str body, const struct keys_origin *origin,
                      int64_t fetched, struct buf *why) {
    struct buf content;
    buf_init(&content, FILE_MAX_SIZE);
    write_content(&content, file, body, origin, fetched);
    errno = 0;
    bool good = !content.failed && replace(file->path.ptr, buf_str(&content));
    if (!good) {
        buf_format(why, "the key cache file %s cannot be written: %s", file->path.ptr,
                   errno != 0 ? strerrordesc_np(errno) : "too large");
    }
    buf_free(&content);
    return good;
}
