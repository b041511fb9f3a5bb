import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { isWicketgateError } from "wicketgate";
import { useAuth } from "wicketgate/react";

const says = { loading: "One moment", "signed-out": "Signed out", "signed-in": "Signed in", stale: "Signed in, offline" };

/** What all pages have: the bar, and what went wrong. */
export default function Frame({ children }: { children: ReactNode }) {
  const { status, error, login } = useAuth();
  return (
    <>
      <header className={status}>
        <NavLink className="brand" to="/">
          <svg className="gate" viewBox="0 0 32 32" aria-hidden="true">
            <path className="arch" d="M4 30V15a12 12 0 0 1 24 0v15" />
            <rect className="light" x="12" y="17" width="8" height="13" />
            <rect className="door" x="12" y="17" width="8" height="13" />
          </svg>
          React
        </NavLink>
        <nav>
          <NavLink to="/">Home</NavLink>
          <NavLink to="/account">Account</NavLink>
        </nav>
        <p id="status" role="status">{says[status]}</p>
      </header>
      <main>{error ? <Failure error={error} again={() => login({ returnTo: "/account" })} /> : children}</main>
    </>
  );
}

function Failure({ error, again }: { error: unknown; again: () => void }) {
  const { code, message, hint } = isWicketgateError(error) ? error : { code: "error", message: String(error), hint: "" };
  return (
    <section id="error" role="alert">
      <p><code>{code}</code></p>
      <p>{message}</p>
      <p className="soft">{hint}</p>
      <button className="primary" onClick={again}>Try again</button>
    </section>
  );
}
