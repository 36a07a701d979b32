/* SPDX-License-Identifier: MIT
 *
 * COUNT: how many elements an array has. Only for an array: of a pointer it would be a wrong number, and gcc and clang
 * warn of that (-Wsizeof-pointer-div, in -Wall).
 */
#ifndef TAM_BASE_ARRAY_H
#define TAM_BASE_ARRAY_H

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
