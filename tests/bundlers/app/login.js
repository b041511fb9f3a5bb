// The app that every bundler builds: the shortest possible login.
import { createClient } from "wicketgate";

/** Shows in `place` who is logged in, or a button, or an error. */
export async function showLogin(place) {
  try {
    const client = await createClient({
      issuer: window.issuer, // set by the test: its provider has another port in each run
      clientId: "wicketgate-demo",
      redirectUri: `${location.origin}/callback`,
      scope: "openid profile",
      ...(window.backend && { backend: window.backend }), // set by the test, if a backend keeps the tokens
    });
    if (client.isCallback()) {
      const { returnTo } = await client.handleCallback();
      history.replaceState(null, "", returnTo);
    }
    const { status, claims } = client.session();
    if (status === "signed-in") place.textContent = `Hello, ${claims.name}.`;
    else place.append(loginButton(client, place));
  } catch (error) {
    showError(place, error);
  }
}

function loginButton(client, place) {
  const button = document.createElement("button");
  button.textContent = "Log in";
  button.addEventListener("click", () => client.beginLogin().catch((error) => showError(place, error)));
  return button;
}

function showError(place, error) {
  place.textContent = `Error: ${error.code ?? error}`;
}
