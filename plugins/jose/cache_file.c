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

static bool read_stamp(const struct json *object, int64_t now, struct cache_stamp *stamp, struct buf *why) {
    const struct json *age = json_member(object, STR("age"));
    if (!json_to_integer(json_member(object, STR("fetched_at")), &stamp->fetched) || stamp->fetched < 0 ||
        (age != NULL && !json_to_integer(age, &stamp->age))) {
        buf_add_text(why, "it is damaged: fetched_at or age is no whole number");
        return false;
    }
    if (stamp->fetched > now) {
        buf_add_text(why, "it is from the future: fetched_at is later than now");
        return false;
    }
    return true;
}

static struct keys *read_keys(const struct json *object, struct buf *why) {
    const struct json *jwks = json_member(object, STR("jwks"));
    struct discovery origin = { text_of(object, STR("issuer")), text_of(object, STR("jwks_uri")),
                                text_of(object, STR("authorization_endpoint")),
                                text_of(object, STR("cloud_instance_name")) };
    struct keys *keys = jwks != NULL ? keys_from_jwks(jwks->raw, KEY_FROM_URL, why) : NULL;
    if (keys == NULL) {
        buf_add_text(why, why->len > 0 ? "" : "it is damaged: there is no jwks");
    } else if (!keys_set_origin(keys, &origin)) {
        keys_unref(keys);
        keys = NULL;
        buf_add_text(why, "out of memory");
    }
    return keys;
}

static struct keys *read_content(const struct cache_file *file, struct tam_str content, int64_t now,
                                 struct cache_stamp *stamp, struct buf *why) {
    struct arena arena;
    struct keys *keys = NULL;
    const char *fault = "it is no object";
    arena_init(&arena, NULL, 0, MEMORY_MAX);
    struct pool pool = arena_pool(&arena);
    const struct json *object = json_read(content, &pool, &fault);
    if (!json_is(object, JSON_TYPE_OBJECT)) {
        buf_format(why, "it is damaged: %s", fault);
    } else if (!str_equal(text_of(object, STR("url")), file->url)) {
        buf_add_text(why, "it is of another source: its url is not the one of this verifier");
    } else if (read_stamp(object, now, stamp, why)) {
        keys = read_keys(object, why);
    }
    arena_free(&arena);
    return keys;
}

struct keys *cache_file_read(const struct cache_file *file, int64_t now, struct cache_stamp *ret_stamp,
                             struct buf *why) {
    struct buf content;
    struct stat status;
    struct cache_stamp stamp = *ret_stamp;
    struct keys *keys = NULL;
    if (lstat(file->path.ptr, &status) != 0 && errno == ENOENT) {
        return NULL;
    }
    buf_init(&content, FILE_MAX_SIZE);
    unsigned flags = OWNER_NO_LINK | OWNER_PRIVATE | (file->any_owner ? OWNER_ANY : 0);
    if (owner_read(file->path.ptr, flags, FILE_MAX_SIZE, &content, why)) {
        keys = read_content(file, buf_str(&content), now, &stamp, why);
    }
    buf_free(&content);
    if (keys != NULL) {
        *ret_stamp = stamp;
    }
    return keys;
}

static void add_member(struct buf *buf, const char *name, struct tam_str value) {
    buf_format(buf, "\"%s\":", name);
    json_quote(buf, value);
    buf_add_byte(buf, ',');
}

static void write_content(struct buf *buf, const struct cache_file *file, struct tam_str body,
                          const struct discovery *origin, const struct cache_stamp *stamp) {
    buf_add_byte(buf, '{');
    add_member(buf, "url", file->url);
    add_member(buf, "issuer", origin->issuer);
    add_member(buf, "jwks_uri", origin->jwks_uri);
    add_member(buf, "authorization_endpoint", origin->authorization_endpoint);
    add_member(buf, "cloud_instance_name", origin->cloud_instance_name);
    buf_add_text(buf, "\"fetched_at\":");
    buf_add_number(buf, stamp->fetched);
    buf_add_text(buf, ",\"age\":");
    buf_add_number(buf, stamp->age);
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

bool cache_file_write(const struct cache_file *file, struct tam_str body, const struct discovery *origin,
                      const struct cache_stamp *stamp, struct buf *why) {
    struct buf content;
    buf_init(&content, FILE_MAX_SIZE);
    write_content(&content, file, body, origin, stamp);
    errno = 0;
    bool good = !content.failed && replace(file->path.ptr, buf_str(&content));
    if (!good) {
        buf_format(why, "the key cache file %s cannot be written: %s", file->path.ptr,
                   errno != 0 ? strerrordesc_np(errno) : "too large");
    }
    buf_free(&content);
    return good;
}
