/* SPDX-License-Identifier: MIT
 *
 * A service over a plugin of the build directory.
 */
#include <config.h>

#include <tests/support/plugin_host.h>

#include <jansson.h>
#include <src/base/buf.h>
#include <src/base/str.h>
#include <string.h>
#include <time.h>

#include <check.h>

#define LOG_MAX ((size_t)1 << 20)

static void keep_line(void *ctx, uint32_t level, struct tam_str line) {
    struct plugin_host *host = ctx;
    (void)level;
    pthread_mutex_lock(&host->lock);
    buf_add(&host->log, line);
    buf_add_byte(&host->log, '\n');
    pthread_mutex_unlock(&host->lock);
}

void plugin_host_open(struct plugin_host *host, const char *plugin, const char *text) {
    plugin_host_open_as(host, TAM_SETUP_ANY_OWNER, plugin, text);
}

void plugin_host_open_as(struct plugin_host *host, uint32_t flags, const char *plugin, const char *text) {
    struct tam_faults *faults = NULL;
    struct buf dir;
    buf_init(&dir, 4096);
    buf_format(&dir, TAM_TOP_BUILDDIR "/plugins/%s/.libs", plugin);
    struct tam_setup setup = {
        .size = sizeof setup, .flags = flags, .plugin_dir = dir.ptr, .ctx = host, .log = keep_line
    };
    *host = (struct plugin_host){ .service = NULL };
    ck_assert_int_eq(pthread_mutex_init(&host->lock, NULL), 0);
    buf_init(&host->log, LOG_MAX);
    int status = tam_service_open_string(text, &setup, &host->service, &faults);
    ck_assert_msg(status == 0, "%s", tam_faults_text(faults, 0));
    buf_free(&dir);
}

void plugin_host_open_azure(struct plugin_host *host, const char *before, struct tam_str options) {
    struct buf text;
    buf_init(&text, 65536);
    buf_format(&text, "%s" AZURE_LINE "%.*s", before, STR_PRINT(options));
    plugin_host_open(host, "azure", text.ptr);
    buf_free(&text);
}

void plugin_host_close(struct plugin_host *host) {
    tam_service_close(host->service);
    buf_free(&host->log);
    pthread_mutex_destroy(&host->lock);
}

struct tam_result *plugin_host_ask(const struct plugin_host *host, struct tam_str token) {
    const struct tam_query query = { .size = sizeof query, .token = token };
    return tam_verify(host->service, &query);
}

int64_t plugin_host_keyset(const struct plugin_host *host, const char *name) {
    struct tam_document *document = tam_status(host->service);
    struct tam_str text = tam_document_text(document);
    json_t *json = json_loadb(text.ptr, text.len, 0, NULL);
    const json_t *verifier = json_array_get(json_object_get(json, "verifiers"), 0);
    const json_t *keyset = json_object_get(json_object_get(verifier, "status"), "keyset");
    ck_assert_msg(json_is_integer(json_object_get(keyset, name)), "%s: %.*s", name, STR_PRINT(text));
    int64_t number = json_integer_value(json_object_get(keyset, name));
    json_decref(json);
    tam_document_free(document);
    return number;
}

bool plugin_host_logged(struct plugin_host *host, const char *part) {
    pthread_mutex_lock(&host->lock);
    bool found = memmem(host->log.ptr, host->log.len, part, strlen(part)) != NULL;
    pthread_mutex_unlock(&host->lock);
    return found;
}

void plugin_host_expect_log(struct plugin_host *host, const char *part) {
    for (int left = 10000; left > 0 && !plugin_host_logged(host, part); left--) {
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    ck_assert_msg(plugin_host_logged(host, part), "not in the log: %s\n%.*s", part, STR_PRINT(buf_str(&host->log)));
}
