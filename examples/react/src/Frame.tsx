import { NavLink, Outlet } from "react-router";
import { useAuth } from "wicketgate/react";
import Countdown from "./Countdown.tsx";

const says = { loading: "One moment", "signed-out": "Signed out", "signed-in": "Signed in", stale: "Signed in, offline", expired: "Signed out" };

/** The frame of all pages: the bar. */
export default function Frame() {
  const { status, session } = useAuth();
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
      {session.endingAt && <Countdown endingAt={session.endingAt} />}
      <main><Outlet /></main>
    </>
  );
}
