// SPDX-License-Identifier: MIT
// jose.mjs CASE-DIR...: jose with a local key set, as its manual says. It checks signature, exp, nbf, iss and aud.
import { createLocalJWKSet, jwtVerify } from "jose";
import { peerMain } from "./measure.mjs";

await peerMain(({ alg, audience, issuer, jwks, token }) => {
  const keys = createLocalJWKSet(jwks);
  const options = { algorithms: [alg], audience, issuer };
  return { jose: () => jwtVerify(token, keys, options) };
});
