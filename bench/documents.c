/* SPDX-License-Identifier: MIT
 *
 * documents BUILD-DIR: what a key set and a service file take that are as long as they may be, whatever is in them.
 * Under callgrind each becomes a profile that is named after its row, with its length; whoever counts divides
 * (tests/system/test_shapes.sh).
 */
#include <config.h>

#include <plugins/jose/key/keys.h>
#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <tam/tam.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS          (void)0
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

#define SIZE ((size_t)256 << 10)
#define KEY  "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"kid\":\"%\""

/* `begin`, as many units as fit, at most `most` (0: any number), with commas between them where they are wanted, `end`.
 * % in a unit is its number, in five digits. */
static const struct document {
    const char *name;
    bool keys, commas;
    unsigned most;
    const char *begin, *unit, *end;
} documents[] = {
    { "keys/zeros", true, true, 0, "{\"keys\":[{" KEY "}],\"x\":[", "0", "]}" },
    { "keys/empty-arrays", true, true, 0, "{\"keys\":[{" KEY "}],\"x\":[", "[]", "]}" },
    { "keys/short-escapes", true, true, 0, "{\"keys\":[{" KEY "}],\"x\":[", "\"\\n\"", "]}" },
    { "keys/members", true, true, 0, "{\"keys\":[{" KEY "}],", "\"%\":0", "}" },
    { "keys/alike-members", true, true, 0, "{\"keys\":[{" KEY "}],", "\"a%z\":0", "}" },
    { "keys/members-of-a-key", true, true, 0, "{\"keys\":[{" KEY ",", "\"%\":0", "}]}" },
    { "keys/key-ops", true, true, 0, "{\"keys\":[{" KEY ",\"key_ops\":[\"verify\",", "\"sign\"", "]}]}" },
    { "keys/certificates", true, true, 0, "{\"keys\":[{" KEY ",\"x5c\":[", "\"\"", "]}]}" },
    { "keys/many", true, true, 0, "{\"keys\":[", "{" KEY "}", "]}" },
    { "keys/as-many-as-may-be", true, true, 64, "{\"keys\":[", "{" KEY "}", "]}" },
    { "keys/kids-alike", true, true, 64, "{\"keys\":[", "{\"kty\":\"EC\",\"kid\":\"%\"}", "]}" },
    { "service/verifiers", false, false, 0, "", "required jwt\n", "" },
    { "service/unknown-plugins", false, false, 0, "", "x%\n", "" },
    { "service/services", false, false, 0, "jwt issuer=x\n", "service\n", "" },
    { "service/options", false, false, 0, "jwt", " a%=1", "\n" },
    { "service/the-same-option", false, false, 0, "jwt", " issuer=1", "\n" },
    { "service/entries", false, true, 0, "jwt required_scopes=", "%", "\n" },
    { "service/many-entries", false, true, 1024, "jwt required_scopes=", "%", "\n" },
    { "service/implications", false, true, 1024, "service scope_implies=", "a:b%", "\njwt\n" },
    { "service/empty-entries", false, true, 0, "jwt required_scopes=", "", "\n" },
    { "service/words", false, false, 0, "", "a ", "\n" },
    { "service/one-word", false, false, 0, "", "a", "\n" },
    { "service/joined-lines", false, false, 0, "jwt ", "\\\n", "\n" },
    { "service/escaped-blanks", false, false, 0, "jwt issuer=", "\\ \\#", "\n" },
    { "service/empty-lines", false, false, 0, "jwt\n", "\n", "" },
    { "service/comments", false, false, 0, "jwt\n", "#\n", "" },
    { "service/includes", false, false, 0, "jwt\n", "include x\n", "" },
    { "service/control-characters", false, false, 0, "jwt\n", "\x01\n", "" },
    { "service/letters", false, false, 0, "jwt issuer=", "\xc3\xa9", "\n" },
};

static void add_numbered(struct buf *text, const char *unit, unsigned number) {
    for (; *unit != '\0'; unit++) {
        if (*unit == '%') {
            buf_format(text, "%05u", number % 100000);
        } else {
            buf_add_byte(text, *unit);
        }
    }
}

static void write_document(const struct document *document, struct buf *text) {
    unsigned most = document->most > 0 ? document->most : UINT32_MAX;
    add_numbered(text, document->begin, 0);
    for (unsigned i = 0; i < most && text->len + strlen(document->unit) + strlen(document->end) + 8 < SIZE; i++) {
        buf_add_text(text, document->commas && i > 0 ? "," : "");
        add_numbered(text, document->unit, i);
    }
    buf_add_text(text, document->end);
}

/* Profilers find it by its name. Whether it is good does not matter: a fault may cost no more. */
__attribute__((noinline)) static void counted(const struct document *document, const struct tam_setup *setup,
                                              const struct buf *text) {
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    struct buf why;
    if (document->keys) {
        buf_init(&why, 1024);
        keys_unref(keys_from_jwks(buf_str(text), KEY_FROM_FILE, &why));
        buf_free(&why);
    } else {
        (void)tam_service_open_string(text->ptr, setup, &service, &faults);
        tam_service_close(service);
        tam_faults_free(faults);
    }
}

static void no_line(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    (void)level;
    (void)line;
}

int main(int argc, char **argv) {
    char plugin_dir[4096];
    const struct tam_setup setup = {
        .size = sizeof setup, .flags = TAM_SETUP_ANY_OWNER, .plugin_dir = plugin_dir, .log = no_line
    };
    if (argc != 2) {
        fputs("usage: documents BUILD-DIR\n", stderr);
        return 3;
    }
    snprintf(plugin_dir, sizeof plugin_dir, "%s/plugins/jwt/.libs", argv[1]);
    for (size_t i = 0; i < COUNT(documents); i++) {
        char name[128];
        struct buf text;
        buf_init(&text, SIZE);
        write_document(&documents[i], &text);
        snprintf(name, sizeof name, "%s/%zu", documents[i].name, text.len);
        if (text.failed || text.len == 0) {
            fprintf(stderr, "%s: too long\n", name);
            return 1;
        }
        CALLGRIND_ZERO_STATS;
        counted(&documents[i], &setup, &text);
        CALLGRIND_DUMP_STATS_AT(name);
        buf_free(&text);
    }
    return 0;
}
