/* SPDX-License-Identifier: MIT
 *
 * An HTTP answer in the making. Nothing is kept by a cache unless it says so.
 */
#ifndef TAM_TAMD_ANSWER_H
#define TAM_TAMD_ANSWER_H

#include <tools/tamd/http/request.h>

struct answer {
    struct MHD_Response *response;
    unsigned status;
    bool failed, cached;
};

/* The body is copied. type NULL: text/plain. */
void answer_begin(struct answer *answer, unsigned status, const char *type, struct tam_str body);
/* An empty value is sent as one: a header without a value. */
void answer_header(struct answer *answer, const char *name, struct tam_str value);
void answer_number(struct answer *answer, const char *name, int64_t number);
/* For caches too. */
void answer_cache(struct answer *answer, const char *control);
enum MHD_Result answer_send(struct answer *answer, struct request *request);

/* The whole in one call. */
enum MHD_Result answer_text(struct request *request, unsigned status, const char *text);
enum MHD_Result answer_json(struct request *request, unsigned status, struct tam_str json);
/* A document that may be NULL: then 500. Frees the buf. */
enum MHD_Result answer_buf(struct request *request, const char *type, struct buf *buf);

#endif
