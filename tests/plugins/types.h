/* SPDX-License-Identifier: MIT
 *
 * The rows of tam_types.so, in the order of its table.
 */
#ifndef TAM_TESTS_TYPES_H
#define TAM_TESTS_TYPES_H

enum {
    TYPES_TEXT,
    TYPES_SHORT_TEXT,
    TYPES_NUMBER,
    TYPES_ANY_NUMBER,
    TYPES_WAIT,
    TYPES_ANY_WAIT,
    TYPES_ROOM,
    TYPES_ANY_ROOM,
    TYPES_FLAG,
    TYPES_URL,
    TYPES_GUID,
    TYPES_COLOUR,
    TYPES_FILE,
    TYPES_SECRET,
    TYPES_TEXTS,
    TYPES_NUMBERS,
    TYPES_URLS,
    TYPES_GUIDS,
    TYPES_COLOURS,
    TYPES_NEEDED,
    TYPES_COUNT
};

#endif
