/* SPDX-License-Identifier: MIT
 *
 * The one file that calls malloc.
 */
#include <config.h>

#include <src/base/mem.h>

#include <stdlib.h>
#include <string.h>

#define POOL_ALIGNMENT 16

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

void mem_free(void *memory) {
    free(memory);
}

void mem_wipe(void *memory, size_t size) {
    if (size > 0) {
        explicit_bzero(memory, size);
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
    if (text.len == SIZE_MAX) {
        return false;
    }
    char *copy = pool_alloc(pool, text.len + 1);
    if (copy == NULL) {
        return false;
    }
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    copy[text.len] = '\0';
    *ret_copy = (struct tam_str){ copy, text.len };
    return true;
}
