import { createClient } from "wicketgate/all";
import { AuthProvider, RequireAuth } from "wicketgate/solid";
import { Route, Router, type RouteSectionProps } from "@solidjs/router";
import { config, login } from "./config.ts";
import Account from "./Account.tsx";
import Failure from "./Failure.tsx";
import Frame from "./Frame.tsx";
import Home from "./Home.tsx";

const client = () => createClient(config());
const Guard = (props: RouteSectionProps) => <RequireAuth fallback="One moment." error={Failure}>{props.children}</RequireAuth>;

export default function App() {
  return (
    <AuthProvider client={client} login={login} fallback="One moment.">
      <Router>
        <Route component={Frame}>
          <Route path="/" component={Home} />
          <Route component={Guard}><Route path="/account" component={Account} /></Route>
        </Route>
      </Router>
    </AuthProvider>
  );
}
