// The app that every bundler builds: a login, as short as it goes.
import { createClient } from "wicketgate";

/** Shows in `place` who is logged in, or else a button, or else what went wrong. */
export async function showLogin(place) {
  try {
    const client = await createClient({
      issuer: window.issuer, // set by the test: its provider has another port each time
      clientId: "wicketgate-demo",
      redirectUri: `${location.origin}/callback`,
      scope: "openid profile",
    });
    if (client.isCallback()) {
      const { returnTo } = await client.handleCallback();
      history.replaceState(null, "", returnTo);
    }
    const { status, claims } = client.session();
    if (status === "signed-in") place.textContent = `Hello, ${claims.name}.`;
    else place.append(loginButton(client));
  } catch (error) {
    place.textContent = `Error: ${error.code ?? error}`;
  }
}

function loginButton(client) {
  const button = document.createElement("button");
  button.textContent = "Log in";
  button.addEventListener("click", () => client.beginLogin());
  return button;
}
