/* SPDX-License-Identifier: MIT
 *
 * The last good key set on disk.
 */
#include <config.h>

#include <plugins/jose/keyset/disk/cache_file.h>
#include <src/base/arena.h>
#include <src/base/buf.h>
#include <src/base/compat.h>
#include <src/base/file.h>
#include <src/base/str.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_MAX_SIZE (KEYS_MAX_BODY + 16 * 1024)
#define MEMORY_MAX    ((size_t)16 << 20)
#define TRIES_MAX     100 /* names that crashed writers may have left */

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
    struct cache_stamp stamp = *ret_stamp;
    struct keys *keys = NULL;
    unsigned flags = FILE_NO_LINK | FILE_PRIVATE | FILE_OPTIONAL | (file->any_owner ? FILE_ANY : 0);
    int descriptor = file_open(file->path.ptr, flags, NULL, why);
    if (descriptor < 0) {
        return NULL;
    }
    buf_init(&content, FILE_MAX_SIZE);
    if (file_read_open(descriptor, file->path.ptr, FILE_MAX_SIZE, &content, why)) {
        keys = read_content(file, buf_str(&content), now, &stamp, why);
    }
    close(descriptor);
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

/* A user who can change the directory, or a link to it, could choose which of this user's files is replaced. */
static int open_folder(const struct cache_file *file, const char **ret_name, struct buf *why) {
    return file_open_folder(file->path.ptr, file->any_owner ? FILE_ANY : 0, ret_name, why);
}

/* A name of its own for each writer, in the directory that was judged. */
static int temporary_open(int folder, const char *name, struct buf *ret_name) {
    static atomic_uint serial;
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, descriptor = -1;
    for (int i = 0; i < TRIES_MAX && descriptor < 0 && (i == 0 || errno == EEXIST); i++) {
        buf_clear(ret_name);
        buf_format(ret_name, "%s.%ld.%u", name, (long)getpid(), atomic_fetch_add(&serial, 1));
        if (ret_name->failed) {
            errno = ENOMEM;
            return -1;
        }
        descriptor = openat(folder, ret_name->ptr, flags, 0600);
    }
    return descriptor;
}

/* One rename at the end: a reader sees the old file or the new one. */
static bool replace(int folder, const char *name, struct tam_str text) {
    struct buf temporary;
    buf_init(&temporary, PATH_MAX);
    int descriptor = temporary_open(folder, name, &temporary);
    bool good = descriptor >= 0 && write_all(descriptor, text);
    if (descriptor >= 0) {
        good = close(descriptor) == 0 && good && renameat(folder, temporary.ptr, folder, name) == 0;
        int error = errno;
        if (!good) {
            unlinkat(folder, temporary.ptr, 0);
        }
        errno = error;
    }
    buf_free(&temporary);
    return good;
}

static bool cannot_be_written(const struct cache_file *file, int error, struct buf *why) {
    buf_format(why, "%s: %s", file->path.ptr, error != 0 ? error_text(error) : "too large");
    return false;
}

static bool write_to(const struct cache_file *file, struct tam_str content, struct buf *why) {
    const char *name = NULL;
    int folder = open_folder(file, &name, why);
    if (folder < 0) {
        return false;
    }
    errno = 0;
    bool good = (content.len > 0 && replace(folder, name, content)) || cannot_be_written(file, errno, why);
    close(folder);
    return good;
}

/* Makes the file that it would rename, and removes it. */
bool cache_file_check(const struct cache_file *file, struct buf *why) {
    const char *name = NULL;
    struct buf temporary;
    int folder = open_folder(file, &name, why);
    if (folder < 0) {
        return false;
    }
    buf_init(&temporary, PATH_MAX);
    int descriptor = temporary_open(folder, name, &temporary);
    bool good = descriptor >= 0 || cannot_be_written(file, errno, why);
    if (descriptor >= 0) {
        unlinkat(folder, temporary.ptr, 0);
        close(descriptor);
    }
    buf_free(&temporary);
    close(folder);
    return good;
}

bool cache_file_write(const struct cache_file *file, struct tam_str body, const struct discovery *origin,
                      const struct cache_stamp *stamp, struct buf *why) {
    struct buf content, reason;
    buf_init(&content, FILE_MAX_SIZE);
    buf_init(&reason, FILE_MAX_SIZE);
    write_content(&content, file, body, origin, stamp);
    bool good = write_to(file, buf_str(&content), &reason);
    if (!good) {
        buf_add_text(why, "the key cache file cannot be written: ");
        buf_add(why, buf_str(&reason));
    }
    buf_free(&reason);
    buf_free(&content);
    return good;
}
