/* SPDX-License-Identifier: MIT
 *
 * A text that libtam hands to a host, and the few calls that write JSON into it. All quoting is json_quote()'s.
 */
#ifndef TAM_DOCUMENT_H
#define TAM_DOCUMENT_H

#include <src/base/buf.h>
#include <tam/tam.h>

#define DOCUMENT_MAX ((size_t)1 << 20)

/* Copies the text. NULL: no memory. */
struct tam_document *document_new(struct tam_str text);
/* The same of what was written, and frees the buf. NULL also where it failed. */
struct tam_document *document_of(struct buf *buf);

/* Members of an object; the comma before them is added where it belongs. An empty text is left out. */
void document_name(struct buf *buf, const char *name); /* `"name":`; a value follows */
void document_text(struct buf *buf, const char *name, struct tam_str text);
void document_list(struct buf *buf, const char *name, struct tam_list list);
void document_number(struct buf *buf, const char *name, uint64_t number);
/* A comma, unless this is the first in its object or array. */
void document_comma(struct buf *buf);

#endif
