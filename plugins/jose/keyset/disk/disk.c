/* SPDX-License-Identifier: MIT
 *
 * Keys on disk.
 */
#include <config.h>

#include <plugins/common/loop.h>
#include <plugins/jose/keyset/disk/cache_file.h>
#include <plugins/jose/keyset/disk/disk.h>
#include <plugins/jose/keyset/publish.h>
#include <plugins/jose/keyset/schedule.h>
#include <plugins/jose/keyset/store.h>
#include <plugins/jose/keyset/subscribers.h>
#include <src/base/assert.h>
#include <src/base/buf.h>
#include <src/base/file.h>
#include <src/base/str.h>

#define SENTENCE_MAX 16384 /* two paths and more */

/* ---- jwks_file --------------------------------------------------------------------------------------------------- */

static struct keys *keys_of(struct tam_str content, struct buf *why) {
    struct keys *keys = keys_from_jwks(content, KEY_FROM_FILE, why);
    /* No verifier takes HS* with the keys of a set. If one key is a secret, all are (keys_from_jwks). */
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

void disk_init(struct source *source) {
    buf_init(&source->kept, KEYS_MAX_BODY);
}

void disk_forget(struct source *source) {
    TAM_ASSERT(loop_owns(&source->job));
    buf_clear(&source->kept);
}

/* The content is what `kept` is compared with next time. */
static void publish_file(struct source *source, struct buf *content, struct buf *why) {
    struct keys *keys = why->len == 0 ? keys_of(buf_str(content), why) : NULL;
    buf_clear(&source->kept);
    if (keys != NULL) {
        buf_add(&source->kept, buf_str(content));
        publish_keys(source, keys, -1);
    } else {
        publish_failed(source, buf_str(why));
    }
    store_file_read(source->store, keys != NULL);
}

/* Compares the bytes, not size and times: an administrator may restore these, and a second change within one tick of
 * the file system's clock does not change them. */
void disk_look(struct source *source) {
    struct buf content, why;
    TAM_ASSERT(loop_owns(&source->job));
    buf_init(&why, SENTENCE_MAX);
    bool read = read_file(source->options.jwks_file.ptr, source->options.any_owner, &content, &why);
    if (read && source->kept.len > 0 && str_equal(buf_str(&content), buf_str(&source->kept))) {
        store_file_read(source->store, true);
    } else {
        store_count_fetch(source->store);
        publish_file(source, &content, &why);
    }
    buf_free(&content);
    buf_free(&why);
}

/* ---- jwks_cache_file --------------------------------------------------------------------------------------------- */

/* The document that led to the kept keys must still be acceptable. */
static bool is_ours(const struct source *source, const struct keyset_config *config, const struct keys *keys,
                    struct buf *why) {
    const struct discovery *document = keys_origin(keys);
    if (source->options.discovery_url.len == 0) {
        return true;
    }
    if (!config->accept(config->accept_ctx, document, why)) {
        return false;
    }
    if (!source_options_allow(&source->options, document)) {
        buf_add_text(why, "its jwks_uri is on another host or port (jwks_hosts?)");
        return false;
    }
    return true;
}

static bool begin_with_kept(struct source *source, const struct keyset_config *config, int64_t now, struct buf *why) {
    struct cache_file file = { source->options.cache_path, source->options.where, source->options.any_owner };
    struct cache_stamp stamp = { 0, source->options.refresh };
    struct keys *keys = cache_file_read(&file, now, &stamp, why);
    if (keys == NULL) {
        return why->len == 0;
    }
    if (!is_ours(source, config, keys, why)) {
        keys_unref(keys);
        return false;
    }
    if (!store_begin_with(source->store, keys, now - stamp.fetched, stamp.age)) {
        buf_format(why, "its keys are too old: %lld s", (long long)(now - stamp.fetched));
        return false;
    }
    return true;
}

/* False: the file is not used, and a warning says why. */
static bool begin_from_cache(struct source *source, const struct keyset_config *config, const struct tam_host *host) {
    struct buf why, line;
    buf_init(&why, SENTENCE_MAX);
    buf_init(&line, 4 * SENTENCE_MAX);
    bool good = begin_with_kept(source, config, host->now(host->ctx), &why);
    if (!good) {
        buf_format(&line, "jwks_cache_file %s is not used: ", source->options.cache_path.ptr);
        buf_add(&line, buf_str(&why));
        host->log(host->ctx, TAM_LOG_WARNING, buf_str(&line));
    }
    buf_free(&line);
    buf_free(&why);
    return good;
}

void disk_begin(struct source *source, const struct keyset_config *config, const struct tam_host *host) {
    if (source->options.jwks_file.len > 0) {
        store_count_attempt(source->store);
        disk_look(source);
    } else if (source->options.cache_path.len > 0) {
        (void)begin_from_cache(source, config, host);
    }
}

bool disk_check(struct source *source, const struct keyset_config *config, const struct tam_host *host) {
    return source->options.cache_path.len == 0 || begin_from_cache(source, config, host);
}

/* A 304 has no body, but renews the age of the keys on disk too. */
static bool remember_body(struct source *source, struct tam_str body) {
    if (body.len > 0) {
        buf_clear(&source->kept);
        buf_add(&source->kept, body);
    }
    return buf_str(&source->kept).len > 0;
}

void disk_keep(struct source *source, struct tam_str body, const struct discovery *origin, int64_t lifetime) {
    struct cache_file file = { source->options.cache_path, source->options.where, source->options.any_owner };
    struct buf why;
    TAM_ASSERT(loop_owns(&source->job));
    if (source->options.cache_path.len == 0 || !remember_body(source, body)) {
        return;
    }
    struct cache_stamp stamp = { subscribers_now(source), schedule_age(lifetime, source->options.refresh) };
    buf_init(&why, SENTENCE_MAX);
    if (!cache_file_write(&file, buf_str(&source->kept), origin, &stamp, &why)) {
        subscribers_log(source, TAM_LOG_WARNING, buf_str(&why));
    }
    buf_free(&why);
}
