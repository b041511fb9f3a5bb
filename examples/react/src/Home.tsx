import { Link } from "react-router";
import { useAuth } from "wicketgate/react";

export default function Home() {
  const { status, session, login } = useAuth();
  const isIn = session.status !== "signed-out";
  return (
    <>
      <h1>A page for everyone.</h1>
      <p className="lead">This one needs nobody to be anybody. Your account is behind the gate.</p>
      <div className="actions">
        {isIn || <button className="primary" disabled={status === "loading"} onClick={() => login()}>Log in</button>}
        <Link className="button" to="/account">Open account</Link>
      </div>
    </>
  );
}
