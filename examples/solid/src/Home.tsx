import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { useAuth } from "wicketgate/solid";
import Failure from "./Failure.tsx";

export default function Home() {
  const auth = useAuth();
  return (
    <Show when={!auth.isSignedIn && auth.error} fallback={<Welcome />} keyed>
      {(error) => Failure(error, () => auth.login())}
    </Show>
  );
}

function Welcome() {
  const auth = useAuth();
  return (
    <>
      <h1>A page for everyone.</h1>
      <p class="lead">This one needs nobody to be anybody. Your account is behind the gate.</p>
      <div class="actions">
        <Show when={!auth.isSignedIn}>
          <button class="primary" disabled={auth.status === "loading"} onClick={() => auth.login()}>Log in</button>
        </Show>
        <A class="button" href="/account">Open account</A>
      </div>
    </>
  );
}
