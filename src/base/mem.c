/* SPDX-License-Identifier: MIT
 *
 * The one file that calls malloc.
 */
#include <config.h>

#include <src/base/mem.h>
#include <src/base/attr.h>

#include <stdlib.h>
#include <string.h>

#define POOL_ALIGNMENT 16
#define WIPED_AT_ONCE  1024

void *mem_alloc(size_t size) {
    return calloc(1, size > 0 ? size : 1);
}

void *mem_alloc_raw(size_t size) {
    return malloc(size > 0 ? size : 1);
}

void *mem_alloc_aligned(size_t alignment, size_t size) {
    void *memory = NULL;
    if (posix_memalign(&memory, alignment, size > 0 ? size : 1) != 0) {
        return NULL;
    }
    memset(memory, 0, size);
    return memory;
}

void *mem_array(size_t count, size_t size) {
    if (size > 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    return mem_alloc(count * size);
}

void *mem_resize(void *old, size_t old_count, size_t count, size_t size) {
    if (size > 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    char *memory = realloc(old, count * size > 0 ? count * size : 1);
    if (memory != NULL && count > old_count) {
        memset(memory + old_count * size, 0, (count - old_count) * size);
    }
    return memory;
}

char *mem_text(struct tam_str text) {
    if (text.len == SIZE_MAX) {
        return NULL;
    }
    char *copy = mem_alloc(text.len + 1);
    if (copy != NULL && text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    return copy;
}

bool mem_copy(struct tam_str text, struct tam_str *ret_copy) {
    char *copy = text.len > 0 ? mem_text(text) : NULL;
    *ret_copy = (struct tam_str){ copy, copy != NULL ? text.len : 0 };
    return copy != NULL || text.len == 0;
}

void mem_free_copy(struct tam_str copy) {
    mem_free((void *)(uintptr_t)copy.ptr);
}

void mem_free(void *memory) {
    free(memory);
}

/* Wipes in pieces of WIPED_AT_ONCE bytes: from 2 KiB on, glibc's memset() uses REP STOSB, which is slower on most
 * CPUs. */
HOT void mem_wipe(void *memory, size_t size) {
    char *at = memory;
    for (; size > WIPED_AT_ONCE; size -= WIPED_AT_ONCE, at += WIPED_AT_ONCE) {
        explicit_bzero(at, WIPED_AT_ONCE);
    }
    if (size > 0) {
        explicit_bzero(at, size);
    }
}

void mem_free_wiped(void *memory, size_t size) {
    if (memory != NULL) {
        mem_wipe(memory, size);
        free(memory);
    }
}

void *pool_array(const struct pool *pool, size_t count, size_t size) {
    if (size > 0 && count > (SIZE_MAX - POOL_ALIGNMENT) / size) {
        return NULL;
    }
    return pool_alloc(pool, count * size);
}

bool pool_copy(const struct pool *pool, struct tam_str text, struct tam_str *ret_copy) {
    return pool_join(pool, &text, 1, ret_copy);
}

HOT bool pool_join(const struct pool *pool, const struct tam_str *texts, size_t count, struct tam_str *ret_text) {
    size_t size = 1;
    for (size_t i = 0; i < count; i++) {
        if (__builtin_add_overflow(size, texts[i].len, &size)) {
            return false;
        }
    }
    char *joined = pool_alloc(pool, size), *at = joined;
    if (joined == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len > 0) {
            memcpy(at, texts[i].ptr, texts[i].len);
        }
        at += texts[i].len;
    }
    *at = '\0';
    *ret_text = (struct tam_str){ joined, size - 1 };
    return true;
}
