// An API that accepts only tokens with a proof of possession (RFC 9449 §7), and checks each proof as a careful server does: its
// form, signature, request, token, time and nonce, and that no proof comes twice.
import { createHash, webcrypto } from "node:crypto";
import { readBody, record, sendJson, serve } from "./http.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("base64url");
const json = (part) => JSON.parse(Buffer.from(part, "base64url"));

/** The thumbprint of a P-256 key (RFC 7638). */
export const thumbprint = ({ crv, kty, x, y }) => sha256(JSON.stringify({ crv, kty, x, y }));

/** Header and claims of a proof whose signature is valid for the key in its header. */
export async function readProof(proof) {
  const [header, claims, signature] = proof.split(".");
  const { typ, alg, jwk } = json(header);
  if (typ !== "dpop+jwt" || alg !== "ES256" || jwk.d) throw new Error("it is not a proof by ES256");
  const key = await webcrypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const signed = Buffer.from(`${header}.${claims}`);
  const isValid = await webcrypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, Buffer.from(signature, "base64url"), signed);
  if (!isValid) throw new Error("its signature is wrong");
  return { thumbprint: thumbprint(jwk), claims: json(claims) };
}

/**
 * @param options.pages the origins whose pages may call it
 * @param options.resource if given, the only audience of the tokens that it accepts: JWTs that name the key of the proof
 */
export async function startBoundApi({ pages, resource }) {
  const api = {
    /** Every request except preflights, with its `proof` if it was valid. */
    requests: [],
    /** The nonce that a proof must have; undefined demands none. */
    nonce: undefined,
    /** Called before each answer, and may set `nonce`. */
    before: undefined,
    /** Access tokens that are refused. */
    refused: new Set(),
  };
  const seen = new Set();

  const server = await serve(async (request, response) => {
    if (pages.includes(request.headers.origin)) {
      response.setHeader("access-control-allow-origin", request.headers.origin);
      response.setHeader("access-control-allow-headers", "authorization, content-type, dpop");
      response.setHeader("access-control-expose-headers", "WWW-Authenticate, DPoP-Nonce");
      response.setHeader("vary", "Origin");
    }
    const recorded = record(request, await readBody(request));
    if (recorded.method === "OPTIONS") return response.writeHead(204).end();
    api.requests.push(recorded);
    api.before?.(recorded);
    if (api.nonce) response.setHeader("dpop-nonce", api.nonce);
    const refuse = (error) => sendJson(response, 401, { error }, { "www-authenticate": `DPoP error="${error}", algs="ES256"` });
    const { authorization = "", dpop } = recorded.headers;
    const token = /^DPoP (.+)$/.exec(authorization)?.[1];
    if (!token || !dpop) return refuse("invalid_token");
    const { claims, thumbprint } = await readProof(dpop);
    const isOfRequest = claims.htm === recorded.method && claims.htu === `${server.origin}${recorded.path}` && claims.ath === sha256(token);
    const isYoung = Math.abs(Date.now() / 1000 - claims.iat) < 60;
    if (!isOfRequest || !isYoung || seen.has(claims.jti)) return refuse("invalid_dpop_proof");
    seen.add(claims.jti);
    if (claims.nonce !== api.nonce) return refuse("use_dpop_nonce");
    recorded.proof = { thumbprint, claims, token };
    if (resource) {
      const { aud, cnf } = json(token.split(".")[1]);
      if (aud !== resource || cnf.jkt !== thumbprint) return refuse("invalid_token");
    }
    if (api.refused.has(token)) return refuse("invalid_token");
    sendJson(response, 200, { body: recorded.body });
  });
  return Object.assign(api, server);
}
