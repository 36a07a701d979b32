/* SPDX-License-Identifier: MIT
 *
 * One flight: a source's keys are fetched, by way of its discovery document where it has one, and landed. It refuses a
 * document that is of another issuer or names a host that it must not, and never lets a failure end as anything but one.
 * [all: the refresher's thread]
 */
#ifndef TAM_JOSE_FLIGHT_H
#define TAM_JOSE_FLIGHT_H

#include <plugins/jose/keyset/store.h>

void flight_begin(struct source *source, CURLM *multi);
/* libcurl is done with the transfer that flies. */
void flight_finish(struct source *source, CURLM *multi, CURLcode code);
/* Gives up what flies, if anything does. */
void flight_end(struct source *source, CURLM *multi);

#endif
