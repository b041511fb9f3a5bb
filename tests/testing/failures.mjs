// Every failure of a provider, at every place where it can happen, and the error that an app then gets.
import { failures } from "wicketgate/testing";

/** Members of the error besides its code. */
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

/** One case for each failure and place: `code` is the promised code, `detail` the further members of the error. */
export const cases = Object.entries(failures).flatMap(([name, places]) =>
  Object.entries(places).map(([place, code]) => ({ name, place, code, detail: details[name]?.[place] ?? {} })),
);

const isOfLogin = (place) => ["discovery", "keys", "authorization", "token"].includes(place);

/**
 * Brings the app to the place of the failure, and returns the error that it gets there. Nothing fails before.
 * @param app its calls, each with a configuration: `logIn`, `refresh`, `userInfo`, `revoke`
 * @param patience how long it waits for a slow answer, in seconds
 */
export async function fail(provider, app, { name, place }, patience = 1) {
  const { config } = provider;
  if (!isOfLogin(place)) await app.logIn(config);
  const end = provider.fail(name, { at: place });
  const { [place]: reach = app.logIn } = { refresh: app.refresh, userinfo: app.userInfo, revocation: app.revoke };
  try {
    // The default timeout would slow the test. A client with a shorter one has the same session.
    await reach(name === "slow" ? { ...config, requestTimeout: patience } : config);
  } catch (error) {
    return error;
  } finally {
    end();
  }
  throw new Error(`"${name}" at ${place} went unnoticed`);
}

/** The members of the error that a case mentions. */
export function told({ code, oauth, status, claim }, { detail }) {
  const all = { code, error: oauth?.error, status, claim };
  return Object.fromEntries(["code", ...Object.keys(detail)].map((name) => [name, all[name]]));
}
