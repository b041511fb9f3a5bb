import { createClient } from "wicketgate";
import { AuthProvider, RequireAuth } from "wicketgate/solid";
import { Route, Router, useNavigate, type RouteSectionProps } from "@solidjs/router";
import { config, login } from "./config.ts";
import Account from "./Account.tsx";
import Frame from "./Frame.tsx";
import Home from "./Home.tsx";

const Root = (props: RouteSectionProps) => (
  <AuthProvider client={() => createClient(config())} navigate={useNavigate()} login={login}>{props.children}</AuthProvider>
);

export default function App() {
  return (
    <Router root={Root}>
      <Route component={Frame}>
        <Route path="/" component={Home} />
        <Route component={RequireAuth}><Route path="/account" component={Account} /></Route>
        <Route path="*" component={() => "One moment."} />
      </Route>
    </Router>
  );
}
