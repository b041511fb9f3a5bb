import { useEffect, useState } from "react";
import { useAuth } from "wicketgate/react";
import { whoAmI, type User } from "./config.ts";

export default function Account() {
  const auth = useAuth();
  const { session, accessToken, logout } = auth;
  const [user, setUser] = useState<User>({});
  useEffect(() => void whoAmI(auth).then(setUser, console.error), []);

  return (
    <section id="account">
      <h1>Hello{user.name && `, ${user.name}`}.</h1>
      <dl>
        <div><dt>E-mail</dt><dd>{user.email ?? "…"}</dd></div>
        {session.scope && <div><dt>Scope</dt><dd>{session.scope}</dd></div>}
        {session.expiresAt && (
          <div>
            <dt>Token expires</dt>
            <dd id="expires">{new Date(session.expiresAt * 1000).toLocaleTimeString()}</dd>
          </div>
        )}
      </dl>
      <div className="actions">
        {session.tokenType && <button onClick={() => accessToken({ forceRefresh: true })}>Renew</button>}
        <button className="primary" onClick={() => logout()}>Log out</button>
      </div>
    </section>
  );
}
