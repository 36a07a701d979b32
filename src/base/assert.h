/* SPDX-License-Identifier: MIT
 *
 * TAM_ASSERT: a contract between functions of tam, which a wrong caller breaks and no input can. Where it is broken the
 * process aborts and names the place. On in a build for development or CI, off in a release (`./configure
 * --enable-assertions`). The condition must have no effect: a release does not evaluate it. What an input can cause is
 * never asserted, it is an error with a reason.
 */
#ifndef TAM_BASE_ASSERT_H
#define TAM_BASE_ASSERT_H

#ifdef TAM_ASSERTIONS
#undef NDEBUG /* else the <assert.h> of the C library would leave it out */
#include <assert.h>
#define TAM_ASSERT(condition) assert(condition)
#else
#define TAM_ASSERT(condition) ((void)sizeof(!(condition))) /* compiled, so that it stays right, and not evaluated */
#endif

#endif
