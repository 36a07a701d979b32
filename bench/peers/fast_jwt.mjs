// SPDX-License-Identifier: MIT
// fast_jwt.mjs CASE-DIR...: fast-jwt without and with its cache, the key read once. It checks signature, exp, nbf, iss and aud.
import { createVerifier } from "fast-jwt";
import { peerMain } from "./measure.mjs";

await peerMain(({ alg, audience, issuer, pem, token }) => {
  const options = { key: pem, algorithms: [alg], allowedAud: audience, allowedIss: issuer };
  const uncached = createVerifier({ ...options, cache: false });
  const cached = createVerifier({ ...options, cache: true });
  return { "fast-jwt": () => uncached(token), "fast-jwt-cached": () => cached(token) };
});
