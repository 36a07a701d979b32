# SPDX-License-Identifier: MIT
"""pyjwt.py CASE-DIR...: PyJWT with a key that was loaded once, as its manual advises. It checks signature, exp, nbf, iat, iss
and aud."""
import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from measure import peer_main


def prepare(case):
    key = load_pem_public_key(case.pem.encode())

    def run():
        jwt.decode(case.token, key, algorithms=[case.alg], issuer=case.issuer, audience=case.audience)

    return run


peer_main("pyjwt", prepare)
