/* SPDX-License-Identifier: MIT
 *
 * How a source's keys are fetched: by way of its discovery document where it has one, and published. The fetcher
 * refuses a document that is of another issuer or that names a host it must not, and every failure ends as
 * store_failed(). [all but init and free: refresher]
 */
#ifndef TAM_JOSE_FETCHER_H
#define TAM_JOSE_FETCHER_H

#include <plugins/jose/keyset/source.h>

void fetcher_init(struct fetcher *fetcher);
void fetcher_free(struct fetcher *fetcher);

void fetcher_begin(struct source *source);
/* The transfer that the job ran has ended: as job.done in loop.h. */
void fetcher_finish(struct source *source, const struct fetch *fetch, enum fetch_outcome outcome, struct tam_str why);
/* Makes the next request an unconditional one: the current keys are not to be kept. */
void fetcher_forget_etag(struct source *source);

#endif
