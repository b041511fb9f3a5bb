import { createClient } from "wicketgate/all";
import { AuthProvider, RequireAuth } from "wicketgate/react";
import { BrowserRouter, Outlet, Route, Routes } from "react-router";
import { config, login } from "./config.ts";
import Account from "./Account.tsx";
import Failure from "./Failure.tsx";
import Frame from "./Frame.tsx";
import Home from "./Home.tsx";

export default function App() {
  return (
    <AuthProvider client={() => createClient(config())} login={login} fallback="One moment.">
      <BrowserRouter><Routes>
        <Route element={<Frame />}>
          <Route path="/" element={<Home />} />
          <Route element={<RequireAuth fallback="One moment." error={Failure}><Outlet /></RequireAuth>}>
            <Route path="/account" element={<Account />} />
          </Route>
        </Route>
      </Routes></BrowserRouter>
    </AuthProvider>
  );
}
