# SPDX-License-Identifier: MIT
"""authlib_jwt.py CASE-DIR...: Authlib with a key that was imported once. It checks signature, exp, nbf, iss and aud."""
from authlib.jose import JsonWebKey, JsonWebToken
from measure import peer_main


def prepare(case):
    key = JsonWebKey.import_key(case.pem)
    judge = JsonWebToken([case.alg])
    wanted = {"iss": {"essential": True, "value": case.issuer}, "aud": {"essential": True, "value": case.audience}}

    def run():
        judge.decode(case.token, key, claims_options=wanted).validate()

    return run


peer_main("authlib", prepare)
