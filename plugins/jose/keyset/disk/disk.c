/* SPDX-License-Identifier: MIT
 *
 * Keys on disk.
 */
#include <config.h>

#include <plugins/jose/keyset/cache_file.h>
#include <plugins/jose/keyset/disk.h>
#include <plugins/jose/keyset/publish.h>
#include <plugins/jose/keyset/subscribers.h>
#include <src/base/buf.h>
#include <src/base/file.h>
#include <src/base/str.h>

#define SENTENCE_MAX 16384 /* two paths and more */

/* ---- jwks_file ------------------------------------------------------------------------------------------------------------------ */

static struct keys *keys_of(struct tam_str content, struct buf *why) {
    struct keys *keys = keys_from_jwks(content, KEY_FROM_FILE, why);
    /* No verifier takes HS* for the keys of a set, and where one key is a secret, all are (keys_from_jwks). */
    if (keys != NULL && key_type(keys_at(keys, 0)) == KEY_OCT) {
        buf_add_text(why, "the key set holds shared secrets and no public key");
        keys_unref(keys);
        return NULL;
    }
    return keys;
}

static bool read_file(const char *path, bool any_owner, struct buf *ret_content, struct buf *why) {
    buf_init(ret_content, KEYS_MAX_BODY);
    return file_read(path, any_owner ? FILE_ANY : 0, KEYS_MAX_BODY, ret_content, why);
}

struct keys *disk_read(const char *path, bool any_owner, struct buf *why) {
    struct buf content;
    struct keys *keys = read_file(path, any_owner, &content, why) ? keys_of(buf_str(&content), why) : NULL;
    buf_free(&content);
    return keys;
}

/* The content is what `kept` is compared with next time. */
static void land_file(struct source *source, struct buf *content, struct buf *why) {
    struct keys *keys = why->len == 0 ? keys_of(buf_str(content), why) : NULL;
    buf_clear(&source->kept);
    if (keys != NULL) {
        buf_add(&source->kept, buf_str(content));
        landing_keys(source, keys, -1);
    } else {
        landing_failed(source, buf_str(why));
    }
    source_look_again(source, keys != NULL);
}

/* Its bytes are compared, not its size and times: an administrator may put those back, and a second change within one
 * tick of the file system's clock leaves them as they were. */
void disk_look(struct source *source) {
    struct buf content, why;
    buf_init(&why, SENTENCE_MAX);
    bool read = read_file(source->jwks_file.ptr, source->any_owner, &content, &why);
    if (read && source->kept.len > 0 && str_equal(buf_str(&content), buf_str(&source->kept))) {
        source_look_again(source, true);
    } else {
        source_count_fetch(source);
        land_file(source, &content, &why);
    }
    buf_free(&content);
    buf_free(&why);
}

/* ---- jwks_cache_file -------------------------------------------------------------------------------------------------------------- */

/* What was discovered then must be what would be accepted now. */
static bool is_ours(const struct source *source, const struct keyset_config *config, const struct keys *keys,
                    struct buf *why) {
    const struct discovery *document = keys_origin(keys);
    if (source->discovery_url.len == 0) {
        return true;
    }
    if (!config->accept(config->accept_ctx, document, why)) {
        return false;
    }
    if (!source_host_allowed(source, document)) {
        buf_add_text(why, "its jwks_uri is on another host or port (jwks_hosts?)");
        return false;
    }
    return true;
}

static bool begin_with_kept(struct source *source, const struct keyset_config *config, int64_t now, struct buf *why) {
    struct cache_file file = { source->cache_path, source->where, source->any_owner };
    struct cache_stamp stamp = { 0, source->refresh };
    struct keys *keys = cache_file_read(&file, now, &stamp, why);
    if (keys == NULL) {
        return why->len == 0;
    }
    if (!is_ours(source, config, keys, why)) {
        keys_unref(keys);
        return false;
    }
    if (!source_begin_with(source, keys, now - stamp.fetched, stamp.age)) {
        buf_format(why, "its keys are too old: %lld s", (long long)(now - stamp.fetched));
        return false;
    }
    return true;
}

/* False: it is not used, and a warning says why. */
static bool begin_from_cache(struct source *source, const struct keyset_config *config, const struct tam_host *host) {
    struct buf why, line;
    buf_init(&why, SENTENCE_MAX);
    buf_init(&line, 4 * SENTENCE_MAX);
    bool good = begin_with_kept(source, config, host->now(host->ctx), &why);
    if (!good) {
        buf_format(&line, "jwks_cache_file %s is not used: ", source->cache_path.ptr);
        buf_add(&line, buf_str(&why));
        host->log(host->ctx, TAM_LOG_WARNING, buf_str(&line));
    }
    buf_free(&line);
    buf_free(&why);
    return good;
}

void disk_begin(struct source *source, const struct keyset_config *config, const struct tam_host *host) {
    if (source->jwks_file.len > 0) {
        source->attempts++;
        disk_look(source);
    } else if (source->cache_path.len > 0) {
        (void)begin_from_cache(source, config, host);
    }
}

bool disk_check(const struct keyset_config *config, const struct tam_host *host) {
    struct source *source = source_new(config, host);
    if (source == NULL) {
        host->fault(host->ctx, TAM_NO_ROW, STR("out of memory"));
        return false;
    }
    bool good = source->cache_path.len == 0 || begin_from_cache(source, config, host);
    source_free(source);
    return good;
}

/* A 304 brings no body, yet it makes the keys young again, on disk too. */
static bool remember_body(struct source *source, struct tam_str body) {
    if (body.len > 0) {
        buf_clear(&source->kept);
        buf_add(&source->kept, body);
    }
    return buf_str(&source->kept).len > 0;
}

void disk_keep(struct source *source, struct tam_str body, const struct discovery *origin, int64_t lifetime) {
    struct cache_file file = { source->cache_path, source->where, source->any_owner };
    struct buf why;
    if (source->cache_path.len == 0 || !remember_body(source, body)) {
        return;
    }
    struct cache_stamp stamp = { subscribers_now(source), source_age(source, lifetime) };
    buf_init(&why, SENTENCE_MAX);
    if (!cache_file_write(&file, buf_str(&source->kept), origin, &stamp, &why)) {
        subscribers_log(source, TAM_LOG_WARNING, buf_str(&why));
    }
    buf_free(&why);
}
