import { A } from "@solidjs/router";
import type { JSX } from "solid-js";
import { useAuth } from "wicketgate/solid";

const says = { loading: "One moment", "signed-out": "Signed out", "signed-in": "Signed in", stale: "Signed in, offline", expired: "Signed out" };

/** The frame of all pages: the bar. */
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
      <main>{props.children}</main>
    </>
  );
}
