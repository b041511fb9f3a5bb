// Every failure that a provider can be told of, at every place where it can happen, and what an app then gets.
import { failures } from "wicketgate/testing";

/** What the error says beyond its code. */
const details = {
  "server error": { ...everywhere({ status: 500 }), authorization: { error: "server_error" } },
  "secret wanted": everywhere({ error: "invalid_client", status: 401 }),
  denied: everywhere({ error: "access_denied" }),
  "login required": everywhere({ error: "login_required" }),
  "consent required": everywhere({ error: "consent_required" }),
  "expired code": everywhere({ error: "invalid_grant", status: 400 }),
  "wrong nonce": everywhere({ claim: "nonce" }),
  "wrong audience": everywhere({ claim: "aud" }),
  "wrong issuer": everywhere({ claim: "iss" }),
  "unknown key": everywhere({ claim: "kid" }),
  "wrong subject": everywhere({ claim: "sub" }),
  expired: { token: { claim: "exp" }, refresh: { error: "invalid_grant" }, userinfo: { status: 401 } },
  revoked: { refresh: { error: "invalid_grant" }, userinfo: { status: 401 } },
  "rotation race": everywhere({ error: "invalid_grant" }),
};

function everywhere(detail) {
  return { authorization: detail, token: detail, refresh: detail, userinfo: detail, revocation: detail };
}

/** One for each failure and place: `code` is what is promised, `detail` what else the error must say. */
export const cases = Object.entries(failures).flatMap(([name, places]) =>
  Object.entries(places).map(([place, code]) => ({ name, place, code, detail: details[name]?.[place] ?? {} })),
);

const isOfLogin = (place) => ["discovery", "keys", "authorization", "token"].includes(place);

/**
 * Brings the app to where the failure is, and gives the error that it gets there. Nothing fails before.
 * @param app its calls, each with a configuration: `logIn`, `refresh`, `userInfo`, `revoke`
 * @param patience how long it waits for what is slow, in seconds
 */
export async function fail(provider, app, { name, place }, patience = 1) {
  const { config } = provider;
  if (!isOfLogin(place)) await app.logIn(config);
  const end = provider.fail(name, { at: place });
  const { [place]: reach = app.logIn } = { refresh: app.refresh, userinfo: app.userInfo, revocation: app.revoke };
  try {
    // The usual patience would take the test's time. A client with less of it has the same session.
    await reach(name === "slow" ? { ...config, requestTimeout: patience } : config);
  } catch (error) {
    return error;
  } finally {
    end();
  }
  throw new Error(`"${name}" at ${place} went unnoticed`);
}

/** The error as far as a case speaks of it. */
export function told({ code, oauth, status, claim }, { detail }) {
  const all = { code, error: oauth?.error, status, claim };
  return Object.fromEntries(["code", ...Object.keys(detail)].map((name) => [name, all[name]]));
}
