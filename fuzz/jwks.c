/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the reader of key sets. Properties: the reader returns a set with a usable key, or a sentence; every key
 * of the set can be used; OpenSSL's error queue stays empty.
 */
#include <config.h>

#include <fuzz/fuzz.h>
#include <openssl/err.h>
#include <plugins/jose/key/keys.h>
#include <src/base/buf.h>
#include <src/base/str.h>

/* clang-format off */
const char *const fuzz_seeds[] = {
    ("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":\""
     "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"enc\",\"kid\":\"1\"},{\"kty\":\"RSA\",\"n\":\"0vx7"
     "agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPeb"
     "WKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
     "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu"
     "0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS"
     "256\",\"kid\":\"2011-04-29\"}]}"),
    ("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\""
     "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"kid\":\"a\",\"use\":\"sig\"},{\"kty\":\"OKP\",\"use\":\"si"
     "g\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"kid\":\"b\"},{\"kty\":\"EC"
     "\",\"crv\":\"P-521\",\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jS"
     "fS9tsz4qUxcWceqwQGk\",\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4K"
     "kd0AZMaZmh9ubmf63e3kyMj2\",\"kid\":\"a\",\"key_ops\":[\"verify\"]}]}"),
    ("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0"
     "iPS4hcgUuTwjAzZr1Z9CAow\",\"alg\":\"HS256\"},{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAk"
     "d_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_Yp"
     "RPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTB"
     "EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGN"
     "j8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\",\"kid\":\"c\",\"x5c\":[\"AAAA\"]}]}"),
    /* with its certificate */
    ("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"x\",\"x\":\"wl_pGrLm1jBqjtHsYfH5HWhwPZjzUe7cG"
     "iIP06mdQFw\",\"y\":\"KAJchKfIFXz3kFdODD8ODABe9D_LU8Z7Evc6KhZj_UY\",\"x5c\":[\"MIH5MIGhAhQdtIswgWs0QT"
     "z/LujNPH6uSrcw8jAKBggqhkjOPQQDAjAAMB4XDTI2MTEyNjAzNTk0MloXDTI2MTEyNzAzNTk0MlowADBZMBMGByqGSM49AgEGCC"
     "qGSM49AwEHA0IABMJf6Rqy5tYwao7R7GHx+R1ocD2Y81Hu3BoiD9OpnUBcKAJchKfIFXz3kFdODD8ODABe9D/LU8Z7Evc6KhZj/U"
     "YwCgYIKoZIzj0EAwIDRwAwRAIgcer15xhpUoxFwAQy4vRxYHwV9KbnrBlYpTKzT3GoWmUCIEAEZJ2DsjhLCJ5lt2fthexyWnHnsf"
     "Z+jMWXF5XSkPnw\"]}]}"),
    NULL,
};
/* clang-format on */

static void use(const struct keys *keys) {
    struct tam_str detail = STR_NONE;
    require(keys_count(keys) > 0 && keys_count(keys) + keys_skipped_count(keys) <= KEYS_MAX);
    require(keys_all_kept(keys, keys));
    for (size_t i = 0; i < keys_count(keys); i++) {
        const struct key *key = keys_at(keys, i);
        require(key_algorithms(key) != 0);
        for (enum algorithm_index row = 0; row < ALGORITHM_COUNT; row++) {
            const struct key *found = keys_find(keys, key_has_kid(key), key_kid(key), algorithm_at(row), &detail);
            require(found != NULL || detail.len > 0);
            require(key_judge(key, algorithm_at(row), STR("input"), STR("signature")) != KEY_GOOD);
        }
    }
    for (size_t i = 0; i < keys_skipped_count(keys); i++) {
        require(keys_skipped(keys, i).len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (int source = KEY_FROM_URL; source <= KEY_FROM_FILE; source++) {
        struct buf why;
        buf_init(&why, 4096);
        struct keys *keys = keys_from_jwks((struct tam_str){ (const char *)data, size }, (enum key_source)source, &why);
        require((keys != NULL) == (why.len == 0));
        if (keys != NULL) {
            use(keys);
        }
        keys_unref(keys);
        buf_free(&why);
        require(ERR_peek_error() == 0);
    }
    return 0;
}
