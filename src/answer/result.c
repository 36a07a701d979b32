/* SPDX-License-Identifier: MIT
 *
 * Makes and reads struct tam_result. A NULL result reads as an error with nothing in it, so that a host which forgets
 * to test lets nobody in.
 */
#include <config.h>

#include <src/answer/result.h>

#include <src/base/array.h>
#include <src/base/attr.h>
#include <src/base/json.h>
#include <src/base/str.h>
#include <src/service/reasons.h>
#include <src/service/result_pool.h>
#include <stdatomic.h>

/* In memory: this struct, then the checks, then the entries of the lists, then all bytes. */
struct tam_result {
    atomic_uint references;
    size_t size; /* of the whole block */
    struct answer answer;
    const struct tam_check *checks;
    size_t check_count;
};

/* Which members of an answer a result keeps. */
static const size_t texts[] = {
    offsetof(struct answer, subject),   offsetof(struct answer, issuer), offsetof(struct answer, tenant),
    offsetof(struct answer, client_id), offsetof(struct answer, claims), offsetof(struct answer, detail),
    offsetof(struct answer, challenge),
};
static const size_t lists[] = { offsetof(struct answer, scopes), offsetof(struct answer, roles) };

static struct tam_str *answer_text(struct answer *answer, size_t offset) {
    return (struct tam_str *)(void *)((char *)answer + offset);
}

static struct tam_list *answer_list(struct answer *answer, size_t offset) {
    return (struct tam_list *)(void *)((char *)answer + offset);
}

/* Where the next thing of each sort goes; while measuring, only how much there is. */
struct block {
    struct tam_check *checks;
    struct tam_str *items;
    char *bytes;
    size_t check_count, item_count, byte_count;
};

static void measure_answer(struct answer *answer, struct block *block) {
    for (size_t i = 0; i < COUNT(texts); i++) {
        block->byte_count += answer_text(answer, texts[i])->len;
    }
    for (size_t i = 0; i < COUNT(lists); i++) {
        const struct tam_list *list = answer_list(answer, lists[i]);
        block->item_count += list->count;
        for (size_t j = 0; j < list->count; j++) {
            block->byte_count += list->items[j].len;
        }
    }
}

static void measure_checks(const struct explanation *explanation, struct block *block) {
    const struct explanation_row *row = explanation_next(explanation, NULL);
    for (; row != NULL; row = explanation_next(explanation, row)) {
        const struct tam_check *check = explanation_check(row);
        block->check_count++;
        block->byte_count += strlen(check->name) + 1 + check->expected.len + check->found.len;
    }
}

static void text_place(struct block *block, struct tam_str *text) {
    text->ptr = text->len > 0 ? block->bytes : NULL;
    block->bytes += text->len;
}

static void text_move(struct block *block, struct tam_str *text) {
    if (text->len > 0) {
        memcpy(block->bytes, text->ptr, text->len);
    }
    text_place(block, text);
}

/* Its entries are in their place. */
static void list_end(struct block *block, struct tam_list *list) {
    list->items = list->count > 0 ? block->items : NULL;
    block->items += list->count;
}

static void list_place(struct block *block, struct tam_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        text_place(block, &block->items[i]);
    }
    list_end(block, list);
}

static void list_move(struct block *block, struct tam_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        block->items[i] = list->items[i];
        text_move(block, &block->items[i]);
    }
    list_end(block, list);
}

static void checks_move(struct block *block, const struct explanation *explanation) {
    const struct explanation_row *row = explanation_next(explanation, NULL);
    for (; row != NULL; row = explanation_next(explanation, row)) {
        struct tam_check *check = block->checks++;
        *check = *explanation_check(row);
        struct tam_str name = (struct tam_str){ check->name, strlen(check->name) + 1 };
        text_move(block, &name);
        check->name = name.ptr;
        text_move(block, &check->expected);
        text_move(block, &check->found);
    }
}

HOT struct tam_result *result_new(const struct answer *answer, const struct explanation *explanation) {
    struct answer copy = *answer;
    struct block block = { 0 };
    struct tam_result *result;
    copy.needed_scopes = (struct tam_list){ NULL, 0 }; /* they are in the challenge */
    copy.needed_claims = STR_NONE;
    copy.block = NULL;
    measure_answer(&copy, &block);
    if (explanation != NULL) {
        measure_checks(explanation, &block);
    }
    size_t size = sizeof *result + block.check_count * sizeof *block.checks + block.item_count * sizeof *block.items +
                  block.byte_count;
    result = result_pool_take(size);
    if (result == NULL) {
        return NULL;
    }
    block.checks = (struct tam_check *)(result + 1);
    block.items = (struct tam_str *)(block.checks + block.check_count);
    block.bytes = (char *)(block.items + block.item_count);
    atomic_init(&result->references, 1);
    result->size = size;
    result->checks = block.checks;
    result->check_count = block.check_count;
    for (size_t i = 0; i < COUNT(texts); i++) {
        text_move(&block, answer_text(&copy, texts[i]));
    }
    for (size_t i = 0; i < COUNT(lists); i++) {
        list_move(&block, answer_list(&copy, lists[i]));
    }
    if (explanation != NULL) {
        checks_move(&block, explanation);
    }
    result->answer = copy;
    return result;
}

/* ---- Kept and revived ---- */

struct tam_str result_bytes(const struct tam_result *result) {
    return (struct tam_str){ (const char *)result, result->size };
}

const struct answer *result_answer(const struct tam_result *result) {
    return &result->answer;
}

/* Lengths and order say where everything lies; the pointers are those of a block that is long gone. */
struct tam_result *result_revive(void *bytes) {
    struct tam_result *result = bytes;
    struct answer *answer = &result->answer;
    struct block block = { .items = (struct tam_str *)(void *)(result + 1) };
    size_t i, items = 0;
    for (i = 0; i < COUNT(lists); i++) {
        items += answer_list(answer, lists[i])->count;
    }
    block.bytes = (char *)(block.items + items);
    result->checks = NULL;
    for (i = 0; i < COUNT(texts); i++) {
        text_place(&block, answer_text(answer, texts[i]));
    }
    for (i = 0; i < COUNT(lists); i++) {
        list_place(&block, answer_list(answer, lists[i]));
    }
    atomic_init(&result->references, 1);
    return result;
}

/* ---- References ---- */

TAM_API struct tam_result *tam_result_ref(struct tam_result *result) {
    if (result != NULL) {
        atomic_fetch_add_explicit(&result->references, 1, memory_order_relaxed);
    }
    return result;
}

TAM_API void tam_result_free(struct tam_result *result) {
    if (result != NULL && atomic_fetch_sub_explicit(&result->references, 1, memory_order_acq_rel) == 1) {
        result_pool_give(result, result->size);
    }
}

/* ---- Readers ---- */

static const struct answer nothing = { .verdict = TAM_VERDICT_ERROR };

static const struct answer *answer_of(const struct tam_result *result) {
    return result != NULL ? &result->answer : &nothing;
}

TAM_API uint32_t tam_result_verdict(const struct tam_result *result) {
    return answer_of(result)->verdict;
}

TAM_API uint32_t tam_result_reason(const struct tam_result *result) {
    return answer_of(result)->reason;
}

TAM_API int tam_result_status(const struct tam_result *result) {
    return verdict_status(answer_of(result)->verdict, answer_of(result)->reason);
}

TAM_API const char *tam_result_error(const struct tam_result *result) {
    const struct reason *reason = reason_find(answer_of(result)->reason);
    return reason != NULL ? reason->error : NULL;
}

TAM_API struct tam_str tam_result_detail(const struct tam_result *result) {
    return answer_of(result)->detail;
}

TAM_API struct tam_str tam_result_subject(const struct tam_result *result) {
    return answer_of(result)->subject;
}

TAM_API struct tam_str tam_result_issuer(const struct tam_result *result) {
    return answer_of(result)->issuer;
}

TAM_API struct tam_str tam_result_tenant(const struct tam_result *result) {
    return answer_of(result)->tenant;
}

TAM_API struct tam_str tam_result_client_id(const struct tam_result *result) {
    return answer_of(result)->client_id;
}

TAM_API uint32_t tam_result_kind(const struct tam_result *result) {
    return answer_of(result)->kind;
}

TAM_API struct tam_list tam_result_scopes(const struct tam_result *result) {
    return answer_of(result)->scopes;
}

TAM_API struct tam_list tam_result_roles(const struct tam_result *result) {
    return answer_of(result)->roles;
}

TAM_API int64_t tam_result_expires_at(const struct tam_result *result) {
    return answer_of(result)->expires_at;
}

TAM_API struct tam_str tam_result_claims(const struct tam_result *result) {
    return answer_of(result)->claims;
}

/* Reads the claims anew each time: most hosts ask for none, so nothing is kept for it. They were found good, and it
 * takes no memory: a claim that is there is found. */
TAM_API struct tam_str tam_result_claim(const struct tam_result *result, const char *name) {
    struct tam_str claims = answer_of(result)->claims, raw;
    return claims.len > 0 && name != NULL && json_find(claims, str_of(name), &raw) ? raw : STR_NONE;
}

TAM_API struct tam_str tam_result_challenge(const struct tam_result *result) {
    return answer_of(result)->challenge;
}

TAM_API uint32_t tam_result_retry_after(const struct tam_result *result) {
    return answer_of(result)->retry_after;
}

TAM_API uint64_t tam_result_ticket(const struct tam_result *result) {
    return answer_of(result)->ticket;
}

TAM_API int tam_result_wait_ms(const struct tam_result *result) {
    return answer_of(result)->wait_ms;
}

TAM_API size_t tam_result_check_count(const struct tam_result *result) {
    return result != NULL ? result->check_count : 0;
}

TAM_API const struct tam_check *tam_result_check(const struct tam_result *result, size_t i) {
    return i < tam_result_check_count(result) ? &result->checks[i] : NULL;
}
