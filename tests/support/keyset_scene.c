/* SPDX-License-Identifier: MIT
 *
 * A key server, a service over it, and a clock that only the test moves.
 */
#include <config.h>

#include <dirent.h>
#include <jansson.h>
#include <src/base/array.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <tests/support/jose_support.h>
#include <tests/support/keyset_scene.h>
#include <time.h>
#include <unistd.h>

#define TEXTS    16
#define TEXT_MAX 16384

struct scripted_server scene_server;

static char *next_text(void) {
    static char texts[TEXTS][TEXT_MAX];
    static unsigned next;
    return texts[next++ % TEXTS];
}

static void nap(void) {
    const struct timespec pause = { .tv_nsec = 1000000 };
    nanosleep(&pause, NULL);
}

/* ---- The server ---- */

void scene_server_start(void) {
    scripted_server_start(&scene_server, &(struct scripted_server_options){
                                             .names = SCRIPTED_NAMES ",contoso.b2clogin.com,contoso.ciamlogin.com",
                                             .door = SCRIPTED_PLAIN });
}

void scene_server_stop(void) {
    scripted_server_stop(&scene_server);
}

static void *leave(void *ret_thread) {
    *(pid_t *)ret_thread = gettid();
    return NULL;
}

/* A sanitizer starts a thread of its own beside a process's first one: here, so that tests may count. */
static void have_had_a_thread(void) {
    pthread_t thread;
    pid_t number = 0;
    char path[64];
    ck_assert_int_eq(pthread_create(&thread, NULL, leave, &number), 0);
    pthread_join(thread, NULL);
    (void)snprintf(path, sizeof path, "/proc/self/task/%d", (int)number);
    while (access(path, F_OK) == 0) {
        nap();
    }
}

static void begin(void) {
    scripted_server_reset(&scene_server);
    have_had_a_thread();
}

TCase *scene_case(const char *name, const struct scene_test *tests, size_t count) {
    TCase *cases = tcase_create(name);
    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, scene_server_start, scene_server_stop);
    tcase_add_checked_fixture(cases, begin, test_keys_free);
    for (size_t i = 0; i < count; i++) {
        tcase_add_loop_test(cases, tests[i].test, 0, tests[i].rows > 0 ? tests[i].rows : 1);
    }
    return cases;
}

/* ---- Keys and tokens ---- */

/* Cuts "NAME:KID" in two; *ret_kid is NULL where there is none. */
static EVP_PKEY *key_of(char *spec, const char **ret_kid) {
    char *colon = strchr(spec, ':');
    if (colon != NULL) {
        *colon = '\0';
    }
    *ret_kid = colon != NULL ? colon + 1 : NULL;
    return test_key(spec);
}

const char *scene_set(const char *keys) {
    char *text = next_text(), spec[128];
    json_t *array = json_array();
    for (int n = 0; *keys != '\0'; keys += n) {
        size_t len = strcspn(keys, " ");
        ck_assert_uint_lt(len, sizeof spec);
        memcpy(spec, keys, len);
        spec[len] = '\0';
        const char *kid = NULL;
        EVP_PKEY *pkey = key_of(spec, &kid);
        json_array_append_new(array, test_jwk(pkey, kid));
        n = (int)(len + strspn(keys + len, " "));
    }
    char *set = test_text(json_pack("{s:o}", "keys", array));
    ck_assert_int_lt(snprintf(text, TEXT_MAX, "%s", set), TEXT_MAX);
    mem_free(set);
    return text;
}

void scene_answer(const char *status, const char *headers, const char *body) {
    scripted_server_answer(&scene_server, "/keys",
                           &(struct scripted_answer){ .status = status, .headers = headers, .body = str_of(body) });
}

void scene_keys(const char *headers, const char *keys) {
    scene_answer(NULL, headers, scene_set(keys));
}

const char *scene_token(const char *key) {
    static unsigned serial;
    char *text = next_text(), spec[128], header[256], payload[256];
    const char *kid = NULL;
    (void)snprintf(spec, sizeof spec, "%s", key);
    EVP_PKEY *pkey = key_of(spec, &kid);
    (void)snprintf(header, sizeof header, kid != NULL ? "{\"alg\":\"ES256\",\"kid\":\"%s\"}" : "{\"alg\":\"ES256\"}",
                   kid);
    (void)snprintf(payload, sizeof payload,
                   "{\"iss\":\"" SCENE_ISSUER "\",\"aud\":\"api\",\"sub\":\"s\",\"exp\":%lld,\"jti\":\"%u\"}",
                   (long long)(FIXTURE_NOW * 2), serial++);
    char *token = test_sign("ES256", pkey, header, payload);
    ck_assert_int_lt(snprintf(text, TEXT_MAX, "%s", token), TEXT_MAX);
    mem_free(token);
    return text;
}

/* ---- The service ---- */

int64_t scene_later;
bool scene_judges_owners;

static int64_t looked_at(void *ctx) {
    struct scene *scene = ctx;
    if (gettid() != getpid()) { /* not the test's own thread */
        scene->looks++;
    }
    return scene->fixture.monotonic;
}

static int try_open(struct scene *scene, const char *configuration, bool real, struct tam_faults **ret_faults) {
    fixture_init(&scene->fixture);
    scene->looks = 0;
    scene_step(scene, scene_later);
    scene->fixture.setup.plugin_dir = strncmp(configuration, "azure ", 6) == 0 ? TAM_TOP_BUILDDIR "/plugins/azure/.libs"
                                                                               : TAM_TOP_BUILDDIR "/plugins/jwt/.libs";
    scene->fixture.setup.monotonic = real ? NULL : looked_at;
    scene->fixture.setup.flags = scene_judges_owners ? 0 : TAM_SETUP_ANY_OWNER;
    return tam_service_open_string(configuration, &scene->fixture.setup, &scene->fixture.service, ret_faults);
}

static void open_or_fail(struct scene *scene, const char *configuration, bool real) {
    struct tam_faults *faults = NULL;
    int status = try_open(scene, configuration, real, &faults);
    ck_assert_msg(status == 0, "%s: %s", configuration, tam_faults_text(faults, 0));
}

void scene_open_text(struct scene *scene, const char *configuration) {
    open_or_fail(scene, configuration, false);
}

void scene_open_real(struct scene *scene, const char *configuration) {
    open_or_fail(scene, configuration, true);
}

const char *scene_uri(const char *path) {
    char *text = next_text();
    (void)snprintf(text, TEXT_MAX, "jwks_uri=http://127.0.0.1:%u%s insecure_http=yes ", scene_server.port, path);
    return text;
}

void scene_open(struct scene *scene, const char *options) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_format(&text, SCENE_LINE "%s%s", scene_uri("/keys"), options);
    scene_open_text(scene, text.ptr);
    buf_free(&text);
}

const char *scene_open_fault(struct scene *scene, const char *configuration) {
    struct tam_faults *faults = NULL;
    char *text = next_text();
    ck_assert_int_eq(try_open(scene, configuration, true, &faults), -1);
    (void)snprintf(text, TEXT_MAX, "%s", tam_faults_text(faults, 0));
    tam_faults_free(faults);
    return text;
}

void scene_close(struct scene *scene) {
    fixture_close(&scene->fixture);
}

/* ---- Time ---- */

void scene_step(struct scene *scene, int64_t seconds) {
    scene->fixture.now += seconds;
    scene->fixture.monotonic += seconds * SECOND;
}

/* A look reads the clock twice, and the one that runs may have read it before the last step. */
void scene_settle(struct scene *scene) {
    unsigned until = scene->looks + 4;
    int rounds = 0;
    for (; rounds < 10000 && scene->looks < until; rounds++) {
        nap();
    }
    ck_assert_msg(rounds < 10000, "nobody looks at the clock");
}

/* ---- Questions ---- */

const char *scene_ask_token(struct scene *scene, const char *token) {
    struct tam_result *result = ask(&scene->fixture, token);
    uint32_t verdict = tam_result_verdict(result), reason = tam_result_reason(result);
    tam_result_free(result);
    return verdict == TAM_VERDICT_REJECT ? tam_reason_name(reason) : tam_verdict_name(verdict);
}

const char *scene_ask(struct scene *scene, const char *key) {
    return scene_ask_token(scene, scene_token(key));
}

/* Of the key set, of its verifier, or of the cache of verdicts: no name is used twice. Borrowed from the document. */
static json_t *member_of(const json_t *status, const char *member) {
    const json_t *verifier = json_array_get(json_object_get(status, "verifiers"), 0);
    const json_t *objects[] = { json_object_get(json_object_get(verifier, "status"), "keyset"), verifier,
                                json_object_get(status, "cache") };
    json_t *value = NULL;
    for (size_t i = 0; i < COUNT(objects) && value == NULL; i++) {
        value = json_object_get(objects[i], member);
    }
    ck_assert_msg(value != NULL, "no %s in the status", member);
    return value;
}

static json_t *status_of(struct scene *scene) {
    struct tam_document *document = tam_status(scene->fixture.service);
    struct tam_str text = tam_document_text(document);
    json_t *status = json_loadb(text.len > 0 ? text.ptr : "", text.len, 0, NULL);
    tam_document_free(document);
    return status;
}

int64_t scene_count(struct scene *scene, const char *member) {
    json_t *status = status_of(scene);
    int64_t number = json_integer_value(member_of(status, member));
    json_decref(status);
    return number;
}

const char *scene_text(struct scene *scene, const char *member) {
    json_t *status = status_of(scene), *value = member_of(status, member);
    char *text = next_text(), *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    (void)snprintf(text, TEXT_MAX, "%s", json_is_string(value) ? json_string_value(value) : dump);
    free(dump);
    json_decref(status);
    return text;
}

void scene_await(struct scene *scene, const char *member, int64_t number) {
    int64_t found = scene_count(scene, member);
    for (int rounds = 0; rounds < 10000 && found != number; rounds++) {
        nap();
        found = scene_count(scene, member);
    }
    ck_assert_msg(found == number, "%s is %lld, not %lld", member, (long long)found, (long long)number);
}

/* ---- What a process has ---- */

static unsigned entries(const char *path) {
    DIR *dir = opendir(path);
    unsigned count = 0;
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

unsigned scene_threads(void) {
    return entries("/proc/self/task");
}

void scene_await_threads(unsigned threads) {
    int rounds = 0;
    for (; rounds < 10000 && scene_threads() != threads; rounds++) {
        nap();
    }
    ck_assert_msg(rounds < 10000, "there are %u threads, not %u", scene_threads(), threads);
}

unsigned scene_descriptors(void) {
    return entries("/proc/self/fd") - 1; /* without that of the question */
}
