/** The compact form of a signed token (RFC 7515 §3.1, §7.1). */
import type { HookContext, Say } from "./hooks.js";
import { type Key, base64url } from "./keys.js";

export async function signed(key: Key, claims: Record<string, unknown>, say: Say, more: Partial<HookContext>): Promise<string> {
  const header = await say("header", { alg: key.algorithm, kid: key.jwk.kid, typ: "JWT" }, more);
  const headerText = await say("headerText", JSON.stringify(header), more);
  const claimsText = await say("claimsText", JSON.stringify(await say("claims", claims, more)), more);
  const input = await say("signingInput", `${base64url(headerText)}.${base64url(claimsText)}`, more);
  const signature = await say("signature", await key.sign(input), { ...more, input });
  return say("idToken", `${input}.${base64url(signature)}`, more);
}
