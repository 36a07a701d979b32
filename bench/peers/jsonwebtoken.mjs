// SPDX-License-Identifier: MIT
// jsonwebtoken.mjs CASE-DIR...: jsonwebtoken with a key that was made once. It checks signature, exp, nbf, iss and aud; it does
// not know EdDSA.
import { createPublicKey } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";
import { peerMain } from "./measure.mjs";

await peerMain(({ alg, audience, issuer, pem, token }) => {
  const key = createPublicKey(pem);
  const options = { algorithms: [alg], audience, issuer };
  return { jsonwebtoken: alg === "EdDSA" ? null : () => jsonwebtoken.verify(token, key, options) };
});
