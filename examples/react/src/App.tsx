import { createClient } from "wicketgate";
import { AuthProvider, RequireAuth } from "wicketgate/react";
import { Outlet, Route, Routes, useNavigate } from "react-router";
import { config, login } from "./config.ts";
import Account from "./Account.tsx";
import Frame from "./Frame.tsx";
import Home from "./Home.tsx";

export default function App() {
  return (
    <AuthProvider client={() => createClient(config())} navigate={useNavigate()} login={login}>
      <Frame>
        <Routes>
          <Route path="/" element={<Home />} />
          <Route element={<RequireAuth fallback="One moment."><Outlet /></RequireAuth>}>
            <Route path="/account" element={<Account />} />
          </Route>
          <Route path="*" element="One moment." />
        </Routes>
      </Frame>
    </AuthProvider>
  );
}
