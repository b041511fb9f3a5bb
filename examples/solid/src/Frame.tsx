import { A } from "@solidjs/router";
import { Show, type JSX } from "solid-js";
import { isWicketgateError } from "wicketgate";
import { useAuth } from "wicketgate/solid";

const says = { loading: "One moment", "signed-out": "Signed out", "signed-in": "Signed in", stale: "Signed in, offline" };

/** What all pages have: the bar, and what went wrong. */
export default function Frame(props: { children?: JSX.Element }) {
  const auth = useAuth();
  return (
    <>
      <header class={auth.status}>
        <A class="brand" href="/">
          <svg class="gate" viewBox="0 0 32 32" aria-hidden="true">
            <path class="arch" d="M4 30V15a12 12 0 0 1 24 0v15" />
            <rect class="light" x="12" y="17" width="8" height="13" />
            <rect class="door" x="12" y="17" width="8" height="13" />
          </svg>
          Solid
        </A>
        <nav>
          <A href="/" end>Home</A>
          <A href="/account">Account</A>
        </nav>
        <p id="status" role="status">{says[auth.status]}</p>
      </header>
      <main>
        <Show when={auth.error} fallback={props.children} keyed>
          {(error) => <Failure error={error} again={() => auth.login({ returnTo: "/account" })} />}
        </Show>
      </main>
    </>
  );
}

function Failure(props: { error: unknown; again: () => void }) {
  const failure = () =>
    isWicketgateError(props.error) ? props.error : { code: "error", message: String(props.error), hint: "" };
  return (
    <section id="error" role="alert">
      <p><code>{failure().code}</code></p>
      <p>{failure().message}</p>
      <p class="soft">{failure().hint}</p>
      <button class="primary" onClick={() => props.again()}>Try again</button>
    </section>
  );
}
