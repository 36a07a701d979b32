/* SPDX-License-Identifier: MIT
 *
 * Checks the public key of Ed25519 or Ed448, because OpenSSL accepts any bytes: refuses bytes that encode no point of
 * the curve, and points of small order, for which signatures can be forged without a private key.
 */
#include <config.h>

#include <openssl/bn.h>
#include <plugins/jose/key/key_internal.h>
#include <src/base/array.h>
#include <src/base/assert.h>

#define X_MAX 57

/* RFC 8032 §5.1 and §5.2: the curve is a x² + y² = 1 + d x² y² modulo a prime, where a is 1 or -1 and d = -d_times /
 * by. */
static const struct edwards {
    const char *openssl; /* as in struct key_curve */
    const char *prime;   /* hexadecimal */
    bool a_negative;
    BN_ULONG d_times, by;
} edwards_rows[] = {
    { "ED25519", "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed", true, 121665, 121666 },
    { "ED448",
      "fffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      false, 39081, 1 },
};

/* A decoded public key: y, y2 = y², u = 1 - y² and v = by (a - d y²), so that x² = by u / v without fractions. */
struct point {
    BIGNUM *prime, *y, *y2, *u, *v, *more;
    bool x_odd;
};

static bool point_take(const struct edwards *edwards, struct tam_str x, BN_CTX *ctx, struct point *point) {
    unsigned char bytes[X_MAX];
    *point = (struct point){
        BN_CTX_get(ctx), BN_CTX_get(ctx), BN_CTX_get(ctx), BN_CTX_get(ctx), BN_CTX_get(ctx), BN_CTX_get(ctx), false
    };
    memcpy(bytes, x.ptr, x.len);
    point->x_odd = bytes[x.len - 1] >> 7 != 0;
    bytes[x.len - 1] &= 0x7f;
    return point->more != NULL && BN_hex2bn(&point->prime, edwards->prime) > 0 &&
           BN_lebin2bn(bytes, (int)x.len, point->y) != NULL &&
           BN_mod_sqr(point->y2, point->y, point->prime, ctx) == 1 &&
           BN_mod_sub(point->u, BN_value_one(), point->y2, point->prime, ctx) == 1 &&
           BN_copy(point->v, point->y2) != NULL && BN_mul_word(point->v, edwards->d_times) == 1 &&
           (edwards->a_negative ? BN_sub_word(point->v, edwards->by) : BN_add_word(point->v, edwards->by)) == 1 &&
           BN_nnmod(point->v, point->v, point->prime, ctx) == 1;
}

/* On the curve by RFC 8032 §5.1.3 and §5.2.3: y is less than the prime, by u / v is a square, and x = 0 has no sign
 * bit. */
static bool point_check(const struct edwards *edwards, const struct point *point, BN_CTX *ctx, bool *ret_good) {
    BIGNUM *square = point->more;
    if (BN_mod_mul(square, point->u, point->v, point->prime, ctx) != 1 || BN_mul_word(square, edwards->by) != 1) {
        return false;
    }
    int kronecker = BN_kronecker(square, point->prime, ctx);
    *ret_good = BN_cmp(point->y, point->prime) < 0 && kronecker >= 0 && !(BN_is_zero(point->u) != 0 && point->x_odd);
    return kronecker >= -1;
}

/* The points of small order: x = 0 (order 1 and 2), y = 0 (order 4), and a x² = y² (order 8: the doubled point has y =
 * 0). */
static bool order_check(const struct edwards *edwards, const struct point *point, BN_CTX *ctx, bool *ret_good) {
    BIGNUM *left = point->more, *right = point->v;
    if (BN_mod_mul(left, point->y2, point->v, point->prime, ctx) != 1 || BN_copy(right, point->u) == NULL ||
        BN_mul_word(right, edwards->by) != 1) {
        return false;
    }
    BN_set_negative(right, edwards->a_negative);
    if (BN_nnmod(right, right, point->prime, ctx) != 1) {
        return false;
    }
    *ret_good = BN_is_zero(point->u) == 0 && BN_is_zero(point->y) == 0 && BN_cmp(left, right) != 0;
    return true;
}

static bool edwards_check(const struct edwards *edwards, struct tam_str x, BN_CTX *ctx, struct buf *ret_why) {
    struct point point;
    bool on_curve = false, large_order = false;
    if (!point_take(edwards, x, ctx, &point) || !point_check(edwards, &point, ctx, &on_curve) ||
        !order_check(edwards, &point, ctx, &large_order)) {
        return key_refuse(ret_why, "no memory");
    }
    if (!on_curve) {
        return key_refuse(ret_why, "it is no point of the curve");
    }
    return large_order || key_refuse(ret_why, "it is a point of small order, for which anybody can sign");
}

bool key_edwards_check(const struct key_curve *curve, struct tam_str x, struct buf *ret_why) {
    bool good = false;
    TAM_ASSERT(curve->type == KEY_OKP && x.len == curve->coordinate_len && x.len <= X_MAX);
    BN_CTX *ctx = BN_CTX_new();
    if (ctx == NULL) {
        return key_refuse(ret_why, "no memory");
    }
    BN_CTX_start(ctx);
    for (size_t i = 0; i < COUNT(edwards_rows); i++) {
        if (strcmp(edwards_rows[i].openssl, curve->openssl) == 0) {
            good = edwards_check(&edwards_rows[i], x, ctx, ret_why);
        }
    }
    BN_CTX_end(ctx);
    BN_CTX_free(ctx);
    return good;
}
