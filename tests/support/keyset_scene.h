/* SPDX-License-Identifier: MIT
 *
 * The life of a key set, on a stage: a scripted key server, a service of the jwt plugin over it, and a clock that only
 * the test moves. Nothing is left to chance: a test waits for what it expects, and where it expects nothing, until the
 * refresher has looked.
 *
 *     scene_keys(NULL, "P-256:a P-256/2:b");       the server's key set: the keys' names as in jose_support.h, and
 * their kids scene_open(&scene, "jwks_refresh=10m"); ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
 *     scene_step(&scene, 600);
 *     scene_await(&scene, "fetches", 2);
 *     scene_close(&scene);
 */
#ifndef TAM_TESTS_KEYSET_SCENE_H
#define TAM_TESTS_KEYSET_SCENE_H

#include <stdatomic.h>
#include <tests/support/fixture.h>
#include <tests/support/scripted_server.h>

#define SCENE_ISSUER "https://issuer.example"
#define SCENE_LINE   "jwt issuer=" SCENE_ISSUER " audience=api algorithms=ES256 "

struct scene {
    struct fixture fixture; /* first: it is the context of its callbacks */
    atomic_uint looks;      /* how often another thread than the test's looked at the clock */
};

/* One server for all tests of a program; the door is http, its certificate also names contoso.b2clogin.com and
 * .ciamlogin.com, and each test begins with nothing scripted. */
extern struct scripted_server scene_server;
void scene_server_start(void);
void scene_server_stop(void);
/* The case of a program: `count` tests, each maybe a loop over `rows`. */
struct scene_test {
    const TTest *test;
    int rows; /* 0: no loop */
};
TCase *scene_case(const char *name, const struct scene_test *tests, size_t count);

/* The set of these keys, "NAME:KID …"; a key without a kid is written "NAME". Lives until the test ends. */
const char *scene_set(const char *keys);
/* The answer for /keys from now on: that set, with these header lines (each with its CRLF; NULL: none). */
void scene_keys(const char *headers, const char *keys);
/* Any answer for /keys. */
void scene_answer(const char *status, const char *headers, const char *body);

extern int64_t scene_later;      /* how many seconds after FIXTURE_NOW the next service is opened; 0 at first */
extern bool scene_judges_owners; /* without TAM_SETUP_ANY_OWNER; false at first */
/* A service of one verifier whose keys come from the server's /keys, with further options. */
void scene_open(struct scene *scene, const char *options);
/* The same with the host's clock not stepped, so that verifiers share: "LINE\n" for each. */
void scene_open_real(struct scene *scene, const char *configuration);
/* The same from a whole configuration, under the stepped clock. One that begins with "azure " is of that plugin. */
void scene_open_text(struct scene *scene, const char *configuration);
/* Expects it to fail, and returns the first fault. */
const char *scene_open_fault(struct scene *scene, const char *configuration);
/* "jwks_uri=http://127.0.0.1:PORT/PATH insecure_http=yes ". In a static buffer, one of a few. */
const char *scene_uri(const char *path);
void scene_close(struct scene *scene);

void scene_step(struct scene *scene, int64_t seconds);
/* Waits until the refresher has looked at all there is. */
void scene_settle(struct scene *scene);

/* A new token that a key signs: "NAME:KID". In a static buffer, one of a few. */
const char *scene_token(const char *key);
/* Asks about one: "accept", the reason of a rejection, or another verdict's name. */
const char *scene_ask(struct scene *scene, const char *key);
const char *scene_ask_token(struct scene *scene, const char *token);

/* A number of tam_status(): of the first verifier's key set, of that verifier, or of the cache of verdicts; and a text.
 * Missing: the test fails. */
int64_t scene_count(struct scene *scene, const char *member);
const char *scene_text(struct scene *scene, const char *member);
/* Waits (in real time, 10 s at most) until that number is there. */
void scene_await(struct scene *scene, const char *member, int64_t number);

/* Entries of /proc/self/task, and of /proc/self/fd. */
unsigned scene_threads(void);
void scene_await_threads(unsigned threads); /* a joined thread is listed a moment longer */
unsigned scene_descriptors(void);

#endif
