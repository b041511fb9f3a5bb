import { createResource, Show } from "solid-js";
import { useAuth } from "wicketgate/solid";
import { whoAmI } from "./config.ts";

export default function Account() {
  const auth = useAuth();
  const [user] = createResource(() => whoAmI(auth));
  return (
    <section id="account">
      <h1>Hello{user.latest && `, ${user.latest.name}`}.</h1>
      <dl>
        <div><dt>E-mail</dt><dd>{user.latest?.email ?? "…"}</dd></div>
        <Show when={auth.session.scope}><div><dt>Scope</dt><dd>{auth.session.scope}</dd></div></Show>
        <Show when={auth.session.expiresAt} keyed>
          {(expiresAt) => (
            <div>
              <dt>Token expires</dt>
              <dd id="expires">{new Date(expiresAt * 1000).toLocaleTimeString()}</dd>
            </div>
          )}
        </Show>
      </dl>
      <div class="actions">
        <Show when={auth.session.tokenType}>
          <button onClick={() => auth.accessToken({ forceRefresh: true })}>Renew</button>
        </Show>
        <button class="primary" onClick={() => auth.logout()}>Log out</button>
      </div>
    </section>
  );
}
