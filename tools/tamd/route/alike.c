/* SPDX-License-Identifier: MIT
 *
 * Accents stay: a server that leaves them away must be known to be one.
 */
#include <config.h>

#include <tools/tamd/route/alike.h>

#include <src/base/display.h>
#include <src/base/str.h>

/* Characters that stand for those from `ascii` on; in order. */
static const struct {
    uint32_t first, last;
    char ascii;
} runs[] = {
    { 0xaa, 0xaa, 'a' },     { 0xb2, 0xb3, '2' },     { 0xb9, 0xb9, '1' },     { 0xba, 0xba, 'o' },
    { 0x130, 0x130, 'i' },   { 0x131, 0x131, 'i' },   { 0x17f, 0x17f, 's' },   { 0x2024, 0x2024, '.' },
    { 0x2044, 0x2044, '/' }, { 0x212a, 0x212a, 'k' }, { 0x2215, 0x2215, '/' }, { 0x2460, 0x2468, '1' },
    { 0x24b6, 0x24cf, 'a' }, { 0x24d0, 0x24e9, 'a' }, { 0xfe52, 0xfe52, '.' }, { 0xff01, 0xff5e, '!' },
};

static bool is_blank(uint32_t character) {
    return character == 0xa0 || character == 0x1680 || (character >= 0x2000 && character <= 0x200a) ||
           character == 0x202f || character == 0x205f || character == 0x3000;
}

/* Mathematical letters and digits: alphabets of 26 capitals and 26 small letters, digits by tens; 0: none of them. */
static char from_mathematics(uint32_t character) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if (character >= 0x1d400 && character <= 0x1d6a3) {
        return letters[(character - 0x1d400) % 52];
    }
    return character >= 0x1d7ce && character <= 0x1d7ff ? (char)('0' + (character - 0x1d7ce) % 10) : '\0';
}

/* 0: it stands for itself. */
static char ascii_of(uint32_t character) {
    if (is_blank(character)) {
        return ' ';
    }
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        if (character >= runs[i].first && character <= runs[i].last) {
            return (char)(runs[i].ascii + (char)(character - runs[i].first));
        }
    }
    return from_mathematics(character);
}

/* None is longer than the characters. */
static struct tam_str letters_of(uint32_t character) {
    static const struct tam_str ligatures[] = { STR_INIT("ff"),  STR_INIT("fi"), STR_INIT("fl"), STR_INIT("ffi"),
                                                STR_INIT("ffl"), STR_INIT("st"), STR_INIT("st") };
    if (character >= 0xfb00 && character <= 0xfb06) {
        return ligatures[character - 0xfb00];
    }
    return character == 0xdf ? STR("ss") : STR_NONE;
}

bool alike_fold(struct tam_str text, char *out, struct tam_str *ret_folded) {
    bool folds = false;
    size_t len = 0;
    for (struct tam_str rest = text, one; rest.len > 0; rest = str_from(rest, one.len)) {
        size_t bytes = str_utf8_length(rest.ptr, rest.len);
        one = (struct tam_str){ rest.ptr, bytes > 0 ? bytes : 1 };
        uint32_t character = str_utf8_decode(one);
        char ascii = one.len > 1 ? ascii_of(character) : '\0';
        struct tam_str written = ascii != '\0' ? (struct tam_str){ &ascii, 1 } : letters_of(character);
        if (written.len == 0 && (one.len == 1 || !display_hides(character))) {
            written = one;
        }
        folds = folds || written.ptr != one.ptr;
        if (written.len > 0) {
            memmove(out + len, written.ptr, written.len);
        }
        len += written.len;
    }
    *ret_folded = folds ? (struct tam_str){ out, len } : text;
    return folds;
}
