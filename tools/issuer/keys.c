/* SPDX-License-Identifier: MIT
 *
 * The keys of a development identity provider: opened, read again and rotated, under one lock for all processes.
 */
#include <config.h>

#include <tools/issuer/keys.h>

#include <jansson.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <sys/file.h>
#include <tools/issuer/files.h>
#include <unistd.h>

#define LIST_NAME "keys.json"
/* A key that an Entra key set shows with the template of its issuer; the authority is whatever host is asked. */
#define ENTRA_ISSUER "https://{authority}/{tenantid}/v2.0"

static bool out_of_memory(struct buf *why) {
    buf_add_text(why, "out of memory");
    return false;
}

static void items_free(struct issuer_keys *keys) {
    for (size_t i = 0; i < keys->count; i++) {
        issuer_key_free(&keys->items[i]);
    }
    mem_free(keys->items);
    keys->items = NULL;
    keys->count = keys->current = 0;
}

void issuer_keys_close(struct issuer_keys *keys) {
    if (keys == NULL) {
        return;
    }
    items_free(keys);
    json_decref(keys->settings);
    mem_free(keys->dir);
    mem_free(keys);
}

static bool item_find(const struct issuer_keys *keys, struct tam_str kid, size_t *ret_index) {
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].kid != NULL && str_equal(str_of(keys->items[i].kid), kid)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

const struct issuer_key *issuer_keys_find(const struct issuer_keys *keys, struct tam_str kid) {
    size_t index = 0;
    return item_find(keys, kid, &index) ? &keys->items[index] : NULL;
}

const struct issuer_key *issuer_keys_current(const struct issuer_keys *keys) {
    return &keys->items[keys->current];
}

char *issuer_keys_default_dir(void) {
    const char *state = getenv("XDG_STATE_HOME");
    if (state != NULL && state[0] == '/') {
        return issuer_path(state, "tam-issuer");
    }
    const char *home = getenv("HOME");
    return home != NULL && home[0] == '/' ? issuer_path(home, ".local/state/tam-issuer") : NULL;
}

/* ---- the list ------------------------------------------------------------------------------------------------- */

static json_t *list_parse(const char *path, struct buf *why) {
    struct buf text;
    buf_init(&text, ISSUER_FILE_MAX);
    json_t *list = NULL;
    json_error_t fault;
    if (issuer_file_read(path, &text, why)) {
        list = json_loadb(text.len > 0 ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &fault);
        if (list == NULL) {
            buf_format(why, "%s:%d: %s", path, fault.line, fault.text);
        }
    }
    buf_free(&text);
    return list;
}

static bool current_find(struct issuer_keys *keys, struct buf *why) {
    const char *kid = json_string_value(json_object_get(keys->settings, "current"));
    keys->current = 0;
    if (kid == NULL || item_find(keys, str_of(kid), &keys->current)) {
        return true;
    }
    buf_add_text(why, "the current key is not in the list of keys");
    return false;
}

static bool item_describe(struct issuer_keys *keys, json_t *description, struct buf *why) {
    struct issuer_key *key = &keys->items[keys->count];
    if (!issuer_key_describe(description, key, why)) {
        return false;
    }
    bool twice = key->kid != NULL && issuer_keys_find(keys, str_of(key->kid)) != NULL;
    keys->count++;
    if (twice) {
        buf_add_text(why, "two keys have the same kid");
    }
    return !twice;
}

/* Descriptions only: nothing is read and nothing is made yet. Takes over the list. */
static bool list_describe(struct issuer_keys *keys, json_t *list, struct buf *why) {
    json_t *descriptions = json_incref(json_object_get(list, "keys"));
    size_t count = json_array_size(descriptions);
    json_object_del(list, "keys");
    keys->settings = list;
    bool good = json_is_object(list) && count > 0 && count <= ISSUER_KEYS_MAX;
    if (!good) {
        buf_format(why, "a list of keys is an object whose keys are 1 to %d", ISSUER_KEYS_MAX);
    }
    keys->items = good ? mem_array(count, sizeof *keys->items) : NULL;
    if (good && keys->items == NULL) {
        good = out_of_memory(why);
    }
    for (size_t i = 0; good && i < count; i++) {
        good = item_describe(keys, json_array_get(descriptions, i), why);
    }
    json_decref(descriptions);
    return good;
}

static int text_add(const char *text, size_t len, void *ctx) {
    struct buf *buf = ctx;
    buf_add(buf, (struct tam_str){ text, len });
    return buf->failed ? -1 : 0;
}

static json_t *list_build(const struct issuer_keys *keys) {
    json_t *list = json_copy(keys->settings);
    json_t *descriptions = json_array();
    bool good = json_object_set_new(list, "current", json_string(issuer_keys_current(keys)->kid)) == 0 &&
                json_object_set(list, "keys", descriptions) == 0;
    for (size_t i = 0; good && i < keys->count; i++) {
        good = json_array_append_new(descriptions, issuer_key_description(&keys->items[i])) == 0;
    }
    json_decref(descriptions);
    if (good) {
        return list;
    }
    json_decref(list);
    return NULL;
}

static bool list_write(const struct issuer_keys *keys, struct buf *why) {
    struct buf text;
    buf_init(&text, ISSUER_FILE_MAX);
    json_t *list = list_build(keys);
    char *path = issuer_path(keys->dir, LIST_NAME);
    bool good = list != NULL && path != NULL && json_dump_callback(list, text_add, &text, JSON_INDENT(1)) == 0;
    if (good) {
        good = issuer_file_write(path, buf_str(&text), 0644, why);
    } else {
        out_of_memory(why);
    }
    mem_free(path);
    json_decref(list);
    buf_free(&text);
    return good;
}

/* ---- making and reading, under the lock ------------------------------------------------------------------------- */

static bool items_read(struct issuer_keys *keys, struct buf *why) {
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].kid == NULL || !issuer_key_read(keys->dir, &keys->items[i], why)) {
            return false;
        }
    }
    return true;
}

static bool items_make(struct issuer_keys *keys, struct buf *why) {
    for (size_t i = 0; i < keys->count; i++) {
        if (!issuer_key_make(&keys->items[i], why) || !issuer_key_write(keys->dir, &keys->items[i], why)) {
            return false;
        }
    }
    return true;
}

static bool directory_load(struct issuer_keys *keys, const char *path, struct buf *why) {
    json_t *list = list_parse(path, why);
    return list != NULL && list_describe(keys, list, why) && items_read(keys, why) && current_find(keys, why);
}

static json_t *default_list(const struct issuer_keys_options *options) {
    static const char *const usual[] = { "RS256" };
    bool given = options != NULL && options->alg_count > 0;
    const char *const *algs = given ? options->algs : usual;
    size_t count = given ? options->alg_count : 1;
    json_t *descriptions = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(descriptions, json_pack("{s:s, s:{s:s}}", "alg", algs[i], "jwk", "issuer", ENTRA_ISSUER));
    }
    return json_pack("{s:o}", "keys", descriptions);
}

/* A fixture's keys, and those of further algorithms, are there to stay: a rotation adds to them and takes none away. */
static void items_pin(struct issuer_keys *keys, size_t from) {
    for (size_t i = from; i < keys->count; i++) {
        keys->items[i].pinned = true;
    }
}

static bool directory_make(struct issuer_keys *keys, const struct issuer_keys_options *options, struct buf *why) {
    bool fixture = options != NULL && options->fixture != NULL;
    json_t *list = fixture ? list_parse(options->fixture, why) : default_list(options);
    if (list == NULL || !list_describe(keys, list, why)) {
        return false;
    }
    items_pin(keys, fixture ? 0 : 1);
    return items_make(keys, why) && current_find(keys, why) && list_write(keys, why);
}

static bool directory_prepare(const char *dir, struct buf *why) {
    char *path = issuer_path(dir, "keys");
    bool good = path != NULL && issuer_directory_make(dir, 0755, why) && issuer_directory_make(path, 0700, why);
    mem_free(path);
    return good;
}

static int directory_lock(const char *dir, int operation, struct buf *why) {
    char *path = issuer_path(dir, "lock");
    int fd = path != NULL ? issuer_file_lock(path, operation, why) : -1;
    mem_free(path);
    return fd;
}

static bool directory_open(struct issuer_keys *keys, const struct issuer_keys_options *options, struct buf *why) {
    char *path = issuer_path(keys->dir, LIST_NAME);
    if (path == NULL) {
        return out_of_memory(why);
    }
    bool good = false;
    if (access(path, F_OK) != 0) {
        good = directory_make(keys, options, why);
    } else if (options != NULL && (options->fixture != NULL || options->alg_count > 0)) {
        buf_format(why, "%s has its keys already: a fixture or an algorithm is for a new directory", keys->dir);
    } else {
        good = directory_load(keys, path, why);
    }
    mem_free(path);
    return good;
}

/* The caller holds the lock. */
static struct issuer_keys *keys_load(const char *dir, const struct issuer_keys_options *options, struct buf *why) {
    struct issuer_keys *keys = mem_alloc(sizeof *keys);
    char *copy = mem_text(str_of(dir));
    if (keys == NULL || copy == NULL) {
        out_of_memory(why);
        mem_free(copy);
        mem_free(keys);
        return NULL;
    }
    keys->dir = copy;
    if (directory_open(keys, options, why)) {
        return keys;
    }
    issuer_keys_close(keys);
    return NULL;
}

struct issuer_keys *issuer_keys_open(const char *dir, const struct issuer_keys_options *options, struct buf *why) {
    if (!directory_prepare(dir, why)) {
        return NULL;
    }
    int lock = directory_lock(dir, LOCK_EX, why);
    if (lock < 0) {
        return NULL;
    }
    struct issuer_keys *keys = keys_load(dir, options, why);
    close(lock);
    return keys;
}

static void keys_swap(struct issuer_keys *a, struct issuer_keys *b) {
    struct issuer_keys between = *a;
    *a = *b;
    *b = between;
}

bool issuer_keys_reload(struct issuer_keys *keys, struct buf *why) {
    struct issuer_keys *fresh = issuer_keys_open(keys->dir, NULL, why);
    if (fresh == NULL) {
        return false;
    }
    keys_swap(keys, fresh);
    issuer_keys_close(fresh);
    return true;
}

/* ---- rotation --------------------------------------------------------------------------------------------------- */

static bool successor_make(const struct issuer_key *before, struct issuer_key *ret_key, struct buf *why) {
    struct issuer_key key = { .alg = before->alg,
                              .bits = before->bits,
                              .jwk = before->jwk != NULL ? json_incref(before->jwk) : NULL,
                              .published = true };
    if (!issuer_key_make(&key, why)) {
        issuer_key_free(&key);
        return false;
    }
    *ret_key = key;
    return true;
}

static bool successor_append(struct issuer_keys *keys, struct buf *why) {
    if (keys->count == ISSUER_KEYS_MAX) {
        buf_format(why, "there are %d keys already", ISSUER_KEYS_MAX);
        return false;
    }
    struct issuer_key *items = mem_resize(keys->items, keys->count, keys->count + 1, sizeof *items);
    if (items == NULL) {
        return out_of_memory(why);
    }
    keys->items = items;
    if (!successor_make(issuer_keys_current(keys), &items[keys->count], why)) {
        return false;
    }
    keys->current = keys->count++;
    return issuer_key_write(keys->dir, issuer_keys_current(keys), why);
}

/* Takes the oldest replaced key out of the list when there are too many; the list is in the order of their making. */
static bool oldest_take(struct issuer_keys *keys, struct issuer_key *ret_key) {
    size_t replaced = 0, oldest = keys->count;
    for (size_t i = keys->count; i-- > 0;) {
        if (!keys->items[i].pinned && i != keys->current) {
            replaced++;
            oldest = i;
        }
    }
    if (replaced <= ISSUER_KEYS_PREVIOUS) {
        return false;
    }
    *ret_key = keys->items[oldest];
    for (size_t i = oldest + 1; i < keys->count; i++) {
        keys->items[i - 1] = keys->items[i];
    }
    keys->count--;
    keys->items[keys->count] = (struct issuer_key){ .kid = NULL };
    if (keys->current > oldest) {
        keys->current--;
    }
    return true;
}

/* The list is replaced before the old key's file goes: a reader of the list finds every file that it names. */
static bool rotate(struct issuer_keys *keys, struct buf *why) {
    if (!successor_append(keys, why)) {
        return false;
    }
    struct issuer_key oldest = { .kid = NULL };
    bool taken = oldest_take(keys, &oldest);
    bool good = list_write(keys, why);
    if (good && taken) {
        issuer_key_remove(keys->dir, &oldest);
    }
    issuer_key_free(&oldest);
    return good;
}

/* Read again first, for another process may have rotated. */
bool issuer_keys_rotate(struct issuer_keys *keys, struct buf *why) {
    int lock = directory_lock(keys->dir, LOCK_EX, why);
    struct issuer_keys *fresh = lock >= 0 ? keys_load(keys->dir, NULL, why) : NULL;
    bool good = fresh != NULL && rotate(fresh, why);
    if (good) {
        keys_swap(keys, fresh);
    }
    issuer_keys_close(fresh);
    if (lock >= 0) {
        close(lock);
    }
    return good;
}
