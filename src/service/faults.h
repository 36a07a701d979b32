/* SPDX-License-Identifier: MIT
 *
 * Faults on their way to the host, which knows them as struct tam_faults.
 */
#ifndef TAM_SERVICE_FAULTS_H
#define TAM_SERVICE_FAULTS_H

#include <src/conf/faults.h>
#include <tam/tam.h>

/* The host owns them from now on; ret_faults NULL: it does not want them, and they are freed. */
void faults_give(struct faults *faults, struct tam_faults **ret_faults);

#endif
