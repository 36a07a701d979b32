/* SPDX-License-Identifier: MIT
 *
 * shapes BUILD-DIR DIR [SIZE]: compares the cost of hostile tokens with that of a good token of usual size. The program
 * makes the tokens, with a key of its own in DIR; they fill SIZE [16384] bytes, the default of max_token_size. Without
 * a profiler it prints nanoseconds of processor time; under callgrind each question becomes a profile named after its
 * row, and tests/system/test_shapes.sh compares the profiles. For a service that requires many scopes the good token
 * carries them all.
 */
#include <config.h>

#include <bench/measure.h>

#include <jansson.h>
#include <src/base/array.h>
#include <src/base/base64.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <tam/tam.h>
#include <time.h>
#include <tools/issuer/mint.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND           0
#define CALLGRIND_ZERO_STATS          (void)0
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

#define TENANT   "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define CLIENT   "00001111-aaaa-2222-bbbb-3333cccc4444"
#define ISSUER   "https://login.microsoftonline.com/" TENANT "/v2.0"
#define WARM_UP  1
#define MANY     1000 /* required scopes: about as many as a list may have */
#define TEXT_MAX ((size_t)1 << 20)

enum service { AZURE, AZURE_MANY, AZURE_GROUPS, JWT, JWT_MANY, SERVICES };

static const struct service_row {
    const char *good; /* the service whose good token the rows are compared with */
    const char *plugin, *options;
    const char *list;  /* an option that gets a list of MANY entries; NULL: none */
    const char *entry; /* one entry, with % for its number */
} services[SERVICES] = {
    [AZURE] = { "azure", "azure", "tenant_id=" TENANT " client_id=" CLIENT " required_scopes=read", NULL, NULL },
    [AZURE_MANY] = { "azure-many", "azure", "tenant_id=" TENANT " client_id=" CLIENT, "required_scopes", "s%" },
    [AZURE_GROUPS] = { "azure", "azure", "tenant_id=" TENANT " client_id=" CLIENT " required_scopes=read",
                       "required_groups", "000%-1234-4abc-8def-0123456789ab" },
    [JWT] = { "jwt", "jwt",
              "issuer=" ISSUER " audience=" CLIENT " required_scopes=read roles_claim=realm_access.roles "
              "required_claims=tid:" TENANT,
              NULL, NULL },
    [JWT_MANY] = { "jwt-many", "jwt", "issuer=" ISSUER " audience=" CLIENT, "required_scopes", "s%" },
};

#define NESTED_ARRAYS "[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
#define NESTED_OBJECTS                                                                                                 \
    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}}}}}"
#define ALIKE(x) "\"a" x "a\":0"
#define ALIKE_OBJECT                                                                                                   \
    "{" ALIKE("a") "," ALIKE("b") "," ALIKE("c") "," ALIKE("d") "," ALIKE("e") "," ALIKE("f") "," ALIKE(               \
        "g") "," ALIKE("h") "," ALIKE("i") "}"

/* The payload is `begin`, as many comma-separated units as fit, and `end`. % in a unit is its number, in five
 * digits. */
static const struct shape {
    const char *name, *begin, *unit, *end;
} shapes[] = {
    { "zeros", "[", "0", "]" },
    { "empty-arrays", "[", "[]", "]" },
    { "empty-objects", "[", "{}", "]" },
    { "nested-arrays", "[", NESTED_ARRAYS, "]" },
    { "nested-objects", "[", NESTED_OBJECTS, "]" },
    { "short-strings", "[", "\"\"", "]" },
    { "short-escapes", "[", "\"\\n\"", "]" },
    { "escapes", "[", "\"\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\"", "]" },
    { "code-escapes", "[", "\"\\ud83d\\ude00\"", "]" },
    { "short-letters", "[", "\"\xc3\xa9\"", "]" },
    { "letters", "[\"", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "\"]" },
    { "numbers", "[", "12345678901234567890123456789012345678901234567890", "]" },
    { "fractions", "[", "1.5e-9", "]" },
    { "words", "[", "true", "]" },
    { "blanks", "[", "0 \t \r\n ", "]" },
    { "objects", "[", "{\"a\":0}", "]" },
    { "alike-objects", "[", ALIKE_OBJECT, "]" },
    { "members", "{", "\"%\":0", "}" },
    { "alike-members", "{", "\"a%z\":0", "}" },
    { "escaped-members", "{", "\"\\u0061%\":0", "}" },
    { "long-members", "{", "\"a-name-of-a-claim-that-is-rather-long-%\":0", "}" },
    { "member-objects", "{", "\"%\":{}", "}" },
};
#define SHAPES COUNT(shapes)

/* Claims of a signed token whose payload is read; `claim` is filled up to the size. */
static const struct claim {
    const char *name;
    enum service service;
    uint32_t reason;
    const char *rest, *begin, *unit, *end;
} claims[] = {
    { "scp", AZURE, TAM_REASON_INSUFFICIENT_SCOPE, "", "\"scp\":\"a", " %", "\"" },
    { "other-scopes", AZURE_MANY, TAM_REASON_INSUFFICIENT_SCOPE, "", "\"scp\":\"a", " %", "\"" },
    { "good", AZURE_MANY, TAM_REASON_NONE, "", "\"scp\":\"a", " s%", "\"" },
    { "one-letter-scopes", AZURE, TAM_REASON_INSUFFICIENT_SCOPE, "", "\"scp\":\"a", " a", "\"" },
    { "roles", AZURE, TAM_REASON_NONE, "\"scp\":\"read\",", "\"roles\":[", "\"%\"", "]" },
    { "escaped-roles", AZURE, TAM_REASON_NONE, "\"scp\":\"read\",", "\"roles\":[", "\"\\u0061%\"", "]" },
    { "groups", AZURE_GROUPS, TAM_REASON_INSUFFICIENT_SCOPE, "\"scp\":\"read\",", "\"groups\":[", "\"%\"", "]" },
    { "groups-there", AZURE_GROUPS, TAM_REASON_INSUFFICIENT_SCOPE, "\"scp\":\"read\",", "\"groups\":[",
      "\"000%-1234-4ABC-8def-0123456789ab\",\"fff%-1234-4ABC-8def-0123456789ab\"", "]" }, /* fewer than are required */
    { "audiences", AZURE, TAM_REASON_WRONG_AUDIENCE, "\"scp\":\"read\",", "\"aud\":[", "\"%\"", "]" },
    { "scope", JWT, TAM_REASON_INSUFFICIENT_SCOPE, "", "\"scope\":\"a", " %", "\"" },
    { "scope-list", JWT, TAM_REASON_INSUFFICIENT_SCOPE, "", "\"scope\":[", "\"%\"", "]" },
    { "good", JWT_MANY, TAM_REASON_NONE, "", "\"scope\":[", "\"s%\"", "]" },
    { "realm-roles", JWT, TAM_REASON_NONE, "\"scope\":\"read\",", "\"realm_access\":{\"roles\":[", "\"%\"", "]}" },
    { "realm-members", JWT, TAM_REASON_NONE, "\"scope\":\"read\",", "\"realm_access\":{", "\"%\":0", "}" },
    { "aud-list", JWT, TAM_REASON_WRONG_AUDIENCE, "\"scope\":\"read\",", "\"aud\":[", "\"%\"", "]" },
};
#define CLAIMS COUNT(claims)

struct bench {
    const char *build, *dir;
    size_t size;
    struct issuer_keys *keys;
    struct tam_service *service[SERVICES];
    struct buf why;
};

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

static void add_unit(struct buf *text, const char *unit, unsigned number) {
    for (; *unit != '\0'; unit++) {
        if (*unit == '%') {
            buf_format(text, "%05u", number);
        } else {
            buf_add_byte(text, *unit);
        }
    }
}

/* Adds units up to that many bytes in all. A unit that begins with a blank, or is inside a string, gets no comma. */
static void add_filled(struct buf *text, const char *begin, const char *unit, const char *end, size_t size) {
    bool comma = *unit != ' ' && begin[strlen(begin) - 1] != '"';
    buf_add_text(text, begin);
    for (unsigned i = 0; text->len + strlen(unit) + strlen(end) + 8 < size; i++) {
        buf_add_text(text, comma && i > 0 ? "," : "");
        add_unit(text, unit, i);
    }
    buf_add_text(text, end);
}

/* The claims of every signed token; without `aud` if the row has one. */
static void add_good(struct buf *text, bool audience) {
    int64_t now = clock_now();
    buf_format(text,
               "{\"iss\":\"" ISSUER
               "\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld,\"oid\":\"33334444-dddd-5555-eeee-6666ffff7777\","
               "\"sub\":\"k0Xb5mVqjv3Qh9n2XgJm6lTn0a8dPzYwQfR\",\"azp\":\"22223333-cccc-4444-dddd-5555eeee6666\","
               "\"tid\":\"" TENANT "\",\"ver\":\"2.0\",",
               (long long)now - 60, (long long)now - 60, (long long)now + 3600);
    if (audience) {
        buf_add_text(text, "\"aud\":\"" CLIENT "\",");
    }
}

/* ---- Services ---------------------------------------------------------------------------------------------------- */

static void log_line(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    if (level <= TAM_LOG_WARNING) {
        fprintf(stderr, "%.*s\n", STR_PRINT(line));
    }
}

static struct tam_service *open_service(const struct bench *bench, const struct service_row *row) {
    char plugin_dir[4096];
    const struct tam_setup setup = {
        .size = sizeof setup, .flags = TAM_SETUP_ANY_OWNER, .plugin_dir = plugin_dir, .log = log_line
    };
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_format(&text, "service cache_size=0 max_token_size=%zu\n%s %s jwks_file=%s/jwks.json wait_for_keys=yes",
               bench->size, row->plugin, row->options, bench->dir);
    for (unsigned i = 0; row->list != NULL && i < MANY; i++) {
        if (i == 0) {
            buf_format(&text, " %s=", row->list);
        } else {
            buf_add_byte(&text, ',');
        }
        add_unit(&text, row->entry, i);
    }
    snprintf(plugin_dir, sizeof plugin_dir, "%s/plugins/%s/.libs", bench->build, row->plugin);
    if (text.failed || tam_service_open_string(text.ptr, &setup, &service, &faults) < 0) {
        fprintf(stderr, "%s\n", tam_faults_text(faults, 0));
        tam_faults_free(faults);
    }
    buf_free(&text);
    return service;
}

static bool write_keys(struct bench *bench) {
    static const char *const algs[] = { "RS256" };
    const struct issuer_keys_options options = { .algs = algs, .alg_count = 1 };
    char path[4096];
    snprintf(path, sizeof path, "%s/issuer", bench->dir);
    bench->keys = issuer_keys_open(path, &options, &bench->why);
    if (bench->keys == NULL) {
        return false;
    }
    json_t *jwk = issuer_key_jwk(&bench->keys->items[0], false);
    json_object_set_new(jwk, "issuer", json_string("https://login.microsoftonline.com/{tenantid}/v2.0"));
    json_t *set = json_pack("{s:[o]}", "keys", jwk);
    snprintf(path, sizeof path, "%s/jwks.json", bench->dir);
    bool good = json_dump_file(set, path, JSON_COMPACT) == 0;
    json_decref(set);
    return good;
}

/* ---- Questions --------------------------------------------------------------------------------------------------- */

/* Profilers find it by its name. */
__attribute__((noinline)) static bool counted(struct tam_service *service, struct tam_str token, uint32_t reason) {
    const struct tam_query query = { .size = sizeof query, .token = token };
    struct tam_result *result = tam_verify(service, &query);
    bool good = tam_result_reason(result) == reason &&
                (tam_result_verdict(result) == TAM_VERDICT_ACCEPT) == (reason == TAM_REASON_NONE);
    if (!good) {
        fprintf(stderr, "%s %s: %.*s\n", tam_verdict_name(tam_result_verdict(result)),
                tam_reason_name(tam_result_reason(result)), STR_PRINT(tam_result_detail(result)));
    }
    tam_result_free(result);
    return good;
}

static int64_t thread_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool ask(const struct bench *bench, enum service service, const char *name, struct tam_str token,
                uint32_t reason) {
    int64_t best = INT64_MAX;
    char row[128];
    snprintf(row, sizeof row, "%s/%s", services[service].good, name);
    for (int i = 0; i < (RUNNING_ON_VALGRIND ? WARM_UP : 100); i++) {
        int64_t begin = thread_time();
        if (!counted(bench->service[service], token, reason)) {
            fprintf(stderr, "%s: another verdict than expected\n", row);
            return false;
        }
        int64_t took = thread_time() - begin;
        best = took < best ? took : best;
    }
    if (!RUNNING_ON_VALGRIND) {
        printf("%-28s %8lld ns\n", row, (long long)best);
        return true;
    }
    CALLGRIND_ZERO_STATS;
    bool good = counted(bench->service[service], token, reason);
    CALLGRIND_DUMP_STATS_AT(row);
    return good;
}

/* With a good signature. */
static bool ask_signed(struct bench *bench, enum service service, const char *name, const struct buf *payload,
                       uint32_t reason) {
    char header[256];
    snprintf(header, sizeof header, "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"%s\"}", bench->keys->items[0].kid);
    const struct mint_request request = { .header = str_of(header), .claims = buf_str(payload) };
    struct buf token;
    buf_init(&token, TEXT_MAX);
    bool good = !payload->failed && mint_token(bench->keys, &request, &token, NULL, &bench->why) &&
                ask(bench, service, name, buf_str(&token), reason);
    buf_free(&token);
    return good;
}

static void add_segment(struct buf *token, struct tam_str bytes) {
    char *encoded = malloc(BASE64_ENCODED_MAX(bytes.len) + 1);
    if (encoded != NULL) {
        buf_add(token, (struct tam_str){ encoded, base64url_encode(bytes, encoded) });
        buf_add_byte(token, '.');
    }
    free(encoded);
}

/* Any bytes as signature: an attacker needs no key for this token. */
static bool ask_unsigned(struct bench *bench, enum service service, const char *name, struct tam_str header,
                         struct tam_str payload, uint32_t reason) {
    struct buf token;
    buf_init(&token, TEXT_MAX);
    add_segment(&token, header);
    add_segment(&token, payload);
    buf_add_text(&token, "AA");
    bool good = ask(bench, service, name, buf_str(&token), reason);
    buf_free(&token);
    return good;
}

/* The bytes of JSON in a token of the requested size, less the header, a signature of 2048 bits, and base64url. */
static size_t payload_size(const struct bench *bench) {
    return (bench->size - 512) / 4 * 3;
}

static bool ask_good(struct bench *bench, enum service service) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    add_good(&text, true);
    buf_add_text(&text, service == AZURE ? "\"scp\":\"read write\"}" : "\"scope\":\"read write\"}");
    bool good = ask_signed(bench, service, "good", &text, TAM_REASON_NONE);
    buf_free(&text);
    return good;
}

/* The shape as a claim that is not read; an object also as the payload itself. */
static bool ask_refused(struct bench *bench, enum service service, const struct shape *shape) {
    bool object = shape->begin[0] == '{';
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_add_text(&text, object ? "" : "{\"x\":");
    add_filled(&text, shape->begin, shape->unit, shape->end, payload_size(bench));
    buf_add_text(&text, object ? "" : "}");
    bool good = ask_unsigned(bench, service, shape->name, STR("{\"alg\":\"none\"}"), buf_str(&text),
                             TAM_REASON_UNSUPPORTED_ALGORITHM);
    buf_free(&text);
    return good;
}

/* The same in a token that is accepted. */
static bool ask_accepted(struct bench *bench, enum service service, const struct shape *shape) {
    char name[64];
    struct buf text;
    buf_init(&text, TEXT_MAX);
    snprintf(name, sizeof name, "accepted-%s", shape->name);
    add_good(&text, true);
    buf_add_text(&text, service == AZURE ? "\"scp\":\"read\",\"x\":" : "\"scope\":\"read\",\"x\":");
    add_filled(&text, shape->begin, shape->unit, shape->end, payload_size(bench));
    buf_add_text(&text, "}");
    bool good = ask_signed(bench, service, name, &text, TAM_REASON_NONE);
    buf_free(&text);
    return good;
}

/* The shape in the header, which has at most 4096 bytes. */
static bool ask_header(struct bench *bench, enum service service, const struct shape *shape) {
    char name[64];
    struct buf text;
    buf_init(&text, TEXT_MAX);
    snprintf(name, sizeof name, "header-%s", shape->name);
    buf_add_text(&text, "{\"alg\":\"none\",\"x\":");
    add_filled(&text, shape->begin, shape->unit, shape->end, 4000);
    buf_add_text(&text, "}");
    bool good = ask_unsigned(bench, service, name, buf_str(&text), STR("{}"), TAM_REASON_UNSUPPORTED_ALGORITHM);
    buf_free(&text);
    return good;
}

static bool ask_claim(struct bench *bench, const struct claim *claim) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    add_good(&text, strstr(claim->begin, "\"aud\"") == NULL);
    buf_add_text(&text, claim->rest);
    add_filled(&text, claim->begin, claim->unit, claim->end, payload_size(bench));
    buf_add_text(&text, "}");
    bool good = ask_signed(bench, claim->service, claim->name, &text, claim->reason);
    buf_free(&text);
    return good;
}

/* No JSON at all. */
static bool ask_letters(struct bench *bench, enum service service, const char *name, char first, char rest) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_add_byte(&text, first);
    while (text.len < bench->size) {
        buf_add_byte(&text, rest);
    }
    bool good = ask(bench, service, name, buf_str(&text), TAM_REASON_MALFORMED);
    buf_free(&text);
    return good;
}

static bool ask_all(struct bench *bench) {
    bool good = ask_good(bench, AZURE) && ask_good(bench, JWT) && ask_letters(bench, AZURE, "dots", 'a', '.') &&
                ask_letters(bench, AZURE, "letters-alone", 'a', 'a') &&
                ask_letters(bench, AZURE, "bytes-alone", 'a', '\xff') &&
                ask_letters(bench, JWT, "percent-signs", 'a', '%') &&
                ask_letters(bench, AZURE_MANY, "letters-alone", 'a', 'b') &&
                ask_letters(bench, JWT_MANY, "letters-alone", 'a', 'b');
    for (size_t i = 0; good && i < SHAPES; i++) {
        good = ask_refused(bench, AZURE, &shapes[i]) && ask_accepted(bench, AZURE, &shapes[i]) &&
               ask_header(bench, AZURE, &shapes[i]);
    }
    /* the jwt plugin keeps a list of all members, and searches it for its paths */
    for (size_t i = 0; good && i < SHAPES; i++) {
        good = ask_refused(bench, JWT, &shapes[i]) && ask_accepted(bench, JWT, &shapes[i]);
    }
    for (size_t i = 0; good && i < CLAIMS; i++) {
        good = ask_claim(bench, &claims[i]);
    }
    return good;
}

int main(int argc, char **argv) {
    struct bench bench = { .build = argc > 1 ? argv[1] : NULL, .dir = argc > 2 ? argv[2] : NULL, .size = 16384 };
    int64_t size = 0;
    if (argc < 3 || argc > 4 || (argc == 4 && (!str_number(str_of(argv[3]), 65536, &size) || size < 16384))) {
        fputs("usage: shapes BUILD-DIR DIR [SIZE]\n", stderr);
        return 3;
    }
    bench.size = size > 0 ? (size_t)size : bench.size;
    buf_init(&bench.why, 4096);
    bool good = write_keys(&bench);
    for (size_t i = 0; good && i < SERVICES; i++) {
        bench.service[i] = open_service(&bench, &services[i]);
        good = bench.service[i] != NULL;
    }
    good = good && ask_all(&bench);
    if (bench.why.len > 0) {
        fprintf(stderr, "%.*s\n", STR_PRINT(buf_str(&bench.why)));
    }
    for (size_t i = 0; i < SERVICES; i++) {
        tam_service_close(bench.service[i]);
    }
    issuer_keys_close(bench.keys);
    buf_free(&bench.why);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
