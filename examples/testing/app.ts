import { type ClientConfig, createClient, isWicketgateError } from "wicketgate";

/** The whole app: a button that logs in, and a greeting for signed-in users. */
export async function show(root: Element, config: ClientConfig): Promise<void> {
  const client = await createClient(config);
  const greeting = document.createElement("p");
  if (client.isCallback()) {
    try {
      const { returnTo } = await client.handleCallback();
      history.replaceState(null, "", returnTo);
    } catch (error) {
      const isDenied = isWicketgateError(error) && error.oauth?.error === "access_denied";
      greeting.textContent = isDenied ? "You said no." : "That did not work. Please try again.";
    }
  }
  const { status, claims } = client.session();
  const isSignedIn = status === "signed-in" || status === "stale";
  if (isSignedIn) greeting.textContent = `Hello, ${claims?.["name"]}.`;
  const button = document.createElement("button");
  button.textContent = isSignedIn ? "Log out" : "Log in";
  button.onclick = () => void (isSignedIn ? client.logout() : client.beginLogin());
  root.replaceChildren(greeting, button);
}
