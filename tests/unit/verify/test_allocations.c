/* SPDX-License-Identifier: MIT
 *
 * How often a question takes memory from the system: once for its result, whether it is judged or known, and not even
 * that once the thread's last result was freed; OpenSSL no more often than the bare operation does. The program's own
 * malloc() counts, and stands before libc's for every library.
 */
#include <config.h>

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/plugin_host.h>
#include <tests/support/suite.h>

#include <check.h>

/* glibc's own, under the names that it keeps for who stands before it. */
void *__libc_malloc(size_t size);                     /* NOLINT */
void *__libc_calloc(size_t count, size_t size);       /* NOLINT */
void *__libc_realloc(void *old, size_t size);         /* NOLINT */
void *__libc_memalign(size_t alignment, size_t size); /* NOLINT */

struct counts {
    unsigned ours, openssl;
};

static _Thread_local struct counts *counting; /* NULL: not now */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTED 1
#define EXPORT  __attribute__((visibility("default")))

static void count(const void *caller) {
    struct counts *counts = counting;
    Dl_info info = { .dli_fname = NULL };
    if (counts == NULL) {
        return;
    }
    counting = NULL;
    bool known = dladdr(caller, &info) != 0 && info.dli_fname != NULL;
    if (known && strstr(info.dli_fname, "libcrypto") != NULL) {
        counts->openssl++;
    } else {
        counts->ours++;
    }
    counting = counts;
}

EXPORT void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

EXPORT void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

EXPORT void *realloc(void *old, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(old, size);
}

EXPORT int posix_memalign(void **ret_memory, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    *ret_memory = __libc_memalign(alignment, size);
    return *ret_memory != NULL ? 0 : 12;
}
#else
#define COUNTED 0 /* the sanitizer's allocator has that place */
#endif

/* bench/floor.c's operation: a prepared context copied, one signature verified. */
static struct counts count_floor(void) {
    EVP_PKEY *key = EVP_RSA_gen(2048);
    EVP_MD_CTX *sign = EVP_MD_CTX_new(), *prepared = EVP_MD_CTX_new(), *used = EVP_MD_CTX_new();
    const unsigned char text[] = "text";
    unsigned char signature[256];
    size_t len = sizeof signature;
    struct counts counts = { 0, 0 };
    ck_assert_int_eq(EVP_DigestSignInit_ex(sign, NULL, "SHA256", NULL, NULL, key, NULL), 1);
    ck_assert_int_eq(EVP_DigestSign(sign, signature, &len, text, sizeof text), 1);
    ck_assert_int_eq(EVP_DigestVerifyInit_ex(prepared, NULL, "SHA256", NULL, NULL, key, NULL), 1);
    for (int i = 0; i < 3; i++) { /* the last one counts */
        counts = (struct counts){ 0, 0 };
        counting = &counts;
        bool good =
            EVP_MD_CTX_copy_ex(used, prepared) == 1 && EVP_DigestVerify(used, signature, len, text, sizeof text) == 1;
        counting = NULL;
        ck_assert(good);
    }
    EVP_MD_CTX_free(used);
    EVP_MD_CTX_free(prepared);
    EVP_MD_CTX_free(sign);
    EVP_PKEY_free(key);
    return counts;
}

/* Asks, and adds what it took to *counts; the result is the caller's. */
static struct tam_result *ask_counted(const struct plugin_host *host, struct tam_str token, struct counts *counts) {
    counting = counts;
    struct tam_result *result = plugin_host_ask(host, token);
    counting = NULL;
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
    return result;
}

/* The first questions make what is made once in a process or a thread. The last one is asked while the one before it
 * still has its result. */
static struct counts count_question(const struct plugin_host *host, struct tam_str token) {
    struct counts other = { 0, 0 }, again = { 0, 0 }, counts = { 0, 0 };
    for (int i = 0; i < 3; i++) {
        tam_result_free(ask_counted(host, token, &other));
    }
    struct tam_result *held = ask_counted(host, token, &again);
    ck_assert_uint_eq(again.ours, 0);
    tam_result_free(ask_counted(host, token, &counts));
    tam_result_free(held);
    return counts;
}

static struct counts count_with(const struct issuer_process *issuer, const char *before, struct tam_str token) {
    struct plugin_host host;
    struct buf options;
    buf_init(&options, 65536);
    issuer_process_add_options(issuer, &options);
    plugin_host_open_azure(&host, before, buf_str(&options));
    struct counts counts = count_question(&host, token);
    plugin_host_close(&host);
    buf_free(&options);
    return counts;
}

START_TEST(a_question_takes_memory_once) {
    struct issuer_process issuer;
    struct buf token;
    if (!COUNTED) {
        puts("skipped: a sanitizer allocates here");
        return;
    }
    issuer_process_start(&issuer, &(struct issuer_process_options){ .names = NULL });
    buf_init(&token, 65536);
    issuer_process_mint_json(&issuer, NULL, AZURE_CLAIMS, &token);
    struct counts bare = count_floor();
    struct counts judged = count_with(&issuer, "service cache_size=0\n", buf_str(&token));
    struct counts known = count_with(&issuer, "", buf_str(&token));
    printf("floor %u, judged %u and %u, known %u and %u\n", bare.openssl, judged.ours, judged.openssl, known.ours,
           known.openssl);
    ck_assert_uint_gt(bare.openssl, 0); /* the control: it does count */
    ck_assert_uint_eq(judged.ours, 1);
    ck_assert_uint_le(judged.openssl, bare.openssl);
    ck_assert_uint_eq(known.ours, 1);
    ck_assert_uint_eq(known.openssl, 0);
    buf_free(&token);
    issuer_process_stop(&issuer);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("allocations");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_question_takes_memory_once);
    return suite_run("allocations", tests);
}
