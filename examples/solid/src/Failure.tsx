import type { WicketgateError } from "wicketgate/all";

/** Shown after a failed login: a sentence for the user, and the error for the developer. */
export default function Failure(error: WicketgateError, again: () => void) {
  return (
    <section id="error" role="alert">
      <p><code>{error.code}</code></p>
      <p>{error.summary}</p>
      <p class="soft">{error.hint}</p>
      <button class="primary" onClick={again}>Try again</button>
    </section>
  );
}
