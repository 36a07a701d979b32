/* SPDX-License-Identifier: MIT
 * What glibc has and other C libraries of Linux (musl) have not. Nothing here is slower or less strict with glibc.
 */
#ifndef TAM_BASE_COMPAT_H
#define TAM_BASE_COMPAT_H

#include <string.h>

/* The text of an error number, from static memory and in English: "No such file or directory". musl's strerror() is
 * that, too. */
static inline const char *error_text(int number) {
#ifdef HAVE_STRERRORDESC_NP
    const char *text = strerrordesc_np(number);
    return text != NULL ? text : "unknown error";
#else
    return strerror(number);
#endif
}

#endif
