/* SPDX-License-Identifier: MIT
 *
 * cases DIR [COUNT]: makes the input of the benchmarks. For each case a directory with tokens that have the size and
 * the claims of Entra's, the public key, a key set, and the service files of the plugins that accept them. The first
 * case gets COUNT [10000] tokens, each other case two. The tokens are valid for an hour.
 */
#include <config.h>

#include <errno.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <src/base/array.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tools/issuer/mint.h>

#define TENANT         "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define FOREIGN_TENANT "bbbbcccc-0000-dddd-1111-eeee2222ffff"
#define CLIENT         "00001111-aaaa-2222-bbbb-3333cccc4444"
#define ISSUER         "https://login.microsoftonline.com/" TENANT "/v2.0"
#define KEYS_MAX       64 /* of one set: more than that no plugin of tam reads */

enum size { SMALL, USUAL, LARGE };

static const struct row {
    const char *name;
    const char *alg; /* of the tokens, and the name of the signing key */
    enum size size;
    int keys;   /* in the set; the signing key is the last */
    bool azure; /* the azure plugin accepts the algorithm */
} rows[] = {
    { "rs256", "RS256", USUAL, 1, true },       { "rs256-small", "RS256", SMALL, 1, true },
    { "rs256-large", "RS256", LARGE, 1, true }, { "rs256-64-keys", "RS256", USUAL, KEYS_MAX, true },
    { "ps256", "PS256", USUAL, 1, false },      { "es256", "ES256", USUAL, 1, false },
    { "eddsa", "EdDSA", USUAL, 1, false },
};

/* The case being written. After the first failure later steps do nothing. */
struct writing {
    const struct row *row;
    const struct issuer_keys *keys;
    const struct issuer_key *key;
    char dir[4096];
    struct buf why;
    bool failed;
};

static bool fail(struct writing *to, const char *what) {
    if (!to->failed) {
        fprintf(stderr, "%s: %s: %.*s\n", to->dir, what, STR_PRINT(buf_str(&to->why)));
    }
    to->failed = true;
    return false;
}

static FILE *open_file(struct writing *to, const char *name) {
    char path[sizeof to->dir + 64];
    snprintf(path, sizeof path, "%s/%s", to->dir, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fail(to, path);
    }
    return file;
}

static void close_file(struct writing *to, FILE *file) {
    if (fclose(file) != 0) {
        fail(to, strerror(errno));
    }
}

/* ---- Tokens ------------------------------------------------------------------------------------------------------ */

/* Claims of real tokens that no check reads. */
static void add_usual(struct buf *json) {
    buf_add_text(json, ",\"aio\":\"AWQAm/8XAAAAn0q3ZkUq0JYkYlWm1J2Xk3z4H5Qd9rR7oT8uY6pL2sVb1cN0aXeM9fGhKjPwQtSvUyZi"
                       "OlBnDxEr5W7C3I4\",\"azpacr\":\"0\",\"name\":\"A Person of Contoso\",\"preferred_username\":"
                       "\"person@contoso.example\",\"rh\":\"0.AXoAq7u7qgAAzMwREd3dIiLu7kREAQDMqiIiu7szM8zMRERaAOM.\","
                       "\"sid\":\"00aa00bb-11cc-22dd-33ee-44ff55aa66bb\",\"roles\":[\"Tasks.Read\",\"Tasks.Write\"],"
                       "\"acct\":0,\"xms_ftd\":"
                       "\"q3ZkUq0JYkYlWm1J2Xk3z4H5Qd9rR7oT8uY6pL2sVb1\"");
}

static void add_groups(struct buf *json) {
    buf_add_text(json, ",\"groups\":[");
    for (int i = 0; i < 49; i++) {
        buf_format(json, "%s\"%08x-1234-4abc-8def-0123456789ab\"", i > 0 ? "," : "", 0x5a17c0deu + (unsigned)i * 7919u);
    }
    buf_add_text(json, "]");
}

static void write_claims(struct buf *json, enum size size, const char *tenant, int64_t issued, unsigned number) {
    buf_clear(json);
    buf_format(json, "{\"aud\":\"" CLIENT "\",\"iss\":\"https://login.microsoftonline.com/%s/v2.0\"", tenant);
    buf_format(json, ",\"iat\":%lld,\"exp\":%lld", (long long)issued, (long long)issued + 3600);
    if (size != SMALL) {
        buf_format(json, ",\"nbf\":%lld", (long long)issued);
        add_usual(json);
    }
    if (size == LARGE) {
        add_groups(json);
    }
    buf_format(json, ",\"oid\":\"33334444-dddd-5555-eeee-6666ffff7777\",\"scp\":\"read write\",\"sub\":\"%s%08u\"",
               size == SMALL ? "" : "k0Xb5mVqjv3Qh9n2XgJm6lTn0a8dPzYwQfR", number);
    buf_format(json, ",\"tid\":\"%s\",\"ver\":\"2.0\"}", tenant);
}

/* Writes the file `name`: one token a line, numbered from 0. */
static void write_tokens(struct writing *to, const char *name, const char *tenant, int64_t issued, unsigned count) {
    struct buf claims, token;
    char header[256];
    FILE *file = open_file(to, name);
    snprintf(header, sizeof header, "{\"typ\":\"JWT\",\"alg\":\"%s\",\"kid\":\"%s\"}", to->row->alg, to->key->kid);
    buf_init(&claims, 65536);
    buf_init(&token, 65536);
    for (unsigned i = 0; file != NULL && i < count && !to->failed; i++) {
        write_claims(&claims, to->row->size, tenant, issued, i);
        const struct mint_request request = { .kid = to->key->kid,
                                              .header = str_of(header),
                                              .claims = buf_str(&claims) };
        buf_clear(&token);
        if (!mint_token(to->keys, &request, &token, NULL, &to->why)) {
            fail(to, "minting");
        }
        fprintf(file, "%.*s\n", STR_PRINT(buf_str(&token)));
    }
    if (file != NULL) {
        close_file(to, file);
    }
    buf_free(&token);
    buf_free(&claims);
}

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

static json_t *make_jwk(const struct writing *to) {
    json_t *jwk = issuer_key_jwk(to->key, !to->row->azure);
    if (to->row->azure) { /* in the shape of Entra's */
        json_object_set_new(jwk, "issuer", json_string("https://login.microsoftonline.com/{tenantid}/v2.0"));
        json_object_set_new(jwk, "cloud_instance_name", json_string("microsoftonline.com"));
    }
    return jwk;
}

static void write_json(struct writing *to, const char *name, json_t *json) {
    FILE *file = open_file(to, name);
    if (file != NULL) {
        if (json_dumpf(json, file, JSON_COMPACT) != 0) {
            fail(to, name);
        }
        close_file(to, file);
    }
    json_decref(json);
}

/* The other keys of the set are the same key under other kids, which no token names. */
static json_t *make_set(const struct writing *to) {
    json_t *set = json_object(), *keys = json_array();
    for (int i = 1; i < to->row->keys; i++) {
        json_t *jwk = make_jwk(to);
        json_object_set_new(jwk, "kid", json_sprintf("other-%d", i));
        json_array_append_new(keys, jwk);
    }
    json_array_append_new(keys, make_jwk(to));
    json_object_set_new(set, "keys", keys);
    return set;
}

static void write_pem(struct writing *to) {
    FILE *file = open_file(to, "key.pem");
    if (file != NULL) {
        if (PEM_write_PUBKEY(file, to->key->pkey) != 1) {
            fail(to, "key.pem");
        }
        close_file(to, file);
    }
}

/* ---- Cases ------------------------------------------------------------------------------------------------------- */

static void write_text(struct writing *to, const char *name, const char *text) {
    FILE *file = open_file(to, name);
    if (file != NULL) {
        fprintf(file, "%s\n", text);
        close_file(to, file);
    }
}

static void write_services(struct writing *to) {
    char text[2 * sizeof to->dir];
    if (to->row->azure) {
        snprintf(text, sizeof text,
                 "azure tenant_id=" TENANT " client_id=" CLIENT " required_scopes=read jwks_file=%s/jwks.json",
                 to->dir);
        write_text(to, "azure", text);
    }
    snprintf(text, sizeof text, "jwt issuer=" ISSUER " audience=" CLIENT " required_scopes=read jwks_file=%s/jwks.json",
             to->dir);
    write_text(to, "jwt", text);
}

static void write_case(struct writing *to, unsigned count) {
    int64_t now = clock_now();
    write_text(to, "alg", to->row->alg);
    write_text(to, "issuer", ISSUER);
    write_text(to, "audience", CLIENT);
    write_tokens(to, "tokens", TENANT, now, count);
    write_tokens(to, "token", TENANT, now, 1);
    write_tokens(to, "expired", TENANT, now - 7200, 1);
    write_tokens(to, "foreign", FOREIGN_TENANT, now, 1);
    write_pem(to);
    write_json(to, "key.jwk", make_jwk(to));
    write_json(to, "jwks.json", make_set(to));
    write_services(to);
}

static const struct issuer_key *find_key(const struct issuer_keys *keys, const char *alg) {
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->items[i].alg, alg) == 0) {
            return &keys->items[i];
        }
    }
    return NULL;
}

static bool write_row(const char *dir, const struct issuer_keys *keys, const struct row *row, unsigned count) {
    struct writing to = { .row = row, .keys = keys, .key = find_key(keys, row->alg) };
    buf_init(&to.why, 1024);
    snprintf(to.dir, sizeof to.dir, "%s/%s", dir, row->name);
    if (to.key == NULL || (mkdir(to.dir, 0755) != 0 && errno != EEXIST)) {
        fail(&to, "cannot be made");
    } else {
        write_case(&to, count);
    }
    buf_free(&to.why);
    return !to.failed;
}

int main(int argc, char **argv) {
    static const char *const algs[] = { "RS256", "PS256", "ES256", "EdDSA" };
    char path[4096];
    struct buf why;
    if (argc < 2 || argc > 3) {
        fputs("usage: cases DIR [COUNT]\n", stderr);
        return 3;
    }
    unsigned count = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 10000;
    buf_init(&why, 1024);
    snprintf(path, sizeof path, "%s/issuer", argv[1]);
    struct issuer_keys *keys =
        issuer_keys_open(path, &(struct issuer_keys_options){ .algs = algs, .alg_count = 4 }, &why);
    if (keys == NULL) {
        fprintf(stderr, "%.*s\n", STR_PRINT(buf_str(&why)));
    }
    bool good = keys != NULL;
    for (size_t i = 0; good && i < COUNT(rows); i++) {
        good = write_row(argv[1], keys, &rows[i], i == 0 ? count : 2);
    }
    issuer_keys_close(keys);
    buf_free(&why);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
