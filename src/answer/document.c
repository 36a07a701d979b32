/* SPDX-License-Identifier: MIT
 *
 * Makes struct tam_document, and writes JSON member by member.
 */
#include <config.h>

#include <src/answer/document.h>

#include <src/base/json.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <inttypes.h>

struct tam_document {
    size_t len;
    char text[];
};

struct tam_document *document_new(struct tam_str text) {
    struct tam_document *document = mem_alloc(sizeof *document + text.len + 1);
    if (document == NULL) {
        return NULL;
    }
    document->len = text.len;
    if (text.len > 0) {
        memcpy(document->text, text.ptr, text.len);
    }
    return document;
}

struct tam_document *document_of(struct buf *buf) {
    struct tam_document *document = buf->failed ? NULL : document_new(buf_str(buf));
    buf_free(buf);
    return document;
}

void document_comma(struct buf *buf) {
    if (buf->len > 0 && buf->ptr[buf->len - 1] != '{' && buf->ptr[buf->len - 1] != '[') {
        buf_add_byte(buf, ',');
    }
}

void document_name(struct buf *buf, const char *name) {
    document_comma(buf);
    json_quote(buf, str_of(name));
    buf_add_byte(buf, ':');
}

void document_text(struct buf *buf, const char *name, struct tam_str text) {
    if (text.len == 0) {
        return;
    }
    document_name(buf, name);
    json_quote(buf, text);
}

void document_list(struct buf *buf, const char *name, struct tam_list list) {
    document_name(buf, name);
    buf_add_byte(buf, '[');
    for (size_t i = 0; i < list.count; i++) {
        document_comma(buf);
        json_quote(buf, list.items[i]);
    }
    buf_add_byte(buf, ']');
}

void document_number(struct buf *buf, const char *name, uint64_t number) {
    document_name(buf, name);
    buf_format(buf, "%" PRIu64, number);
}

TAM_API struct tam_str tam_document_text(const struct tam_document *document) {
    return document != NULL ? (struct tam_str){ document->text, document->len } : STR_NONE;
}

TAM_API void tam_document_free(struct tam_document *document) {
    mem_free(document);
}
