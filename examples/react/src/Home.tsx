import { Link } from "react-router";
import { useAuth } from "wicketgate/react";
import Failure from "./Failure.tsx";

export default function Home() {
  const { status, isSignedIn, error, login } = useAuth();
  if (error && !isSignedIn) return Failure(error, () => login());
  return (
    <>
      <h1>A page for everyone.</h1>
      <p className="lead">This one needs nobody to be anybody. Your account is behind the gate.</p>
      <div className="actions">
        {isSignedIn || <button className="primary" disabled={status === "loading"} onClick={() => login()}>Log in</button>}
        <Link className="button" to="/account">Open account</Link>
      </div>
    </>
  );
}
