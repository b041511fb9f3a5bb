"use client";

import { useEffect, useRef } from "react";
import { showLogin } from "../login.js";

export default function Page() {
  const place = useRef(null);
  useEffect(() => {
    showLogin(place.current);
  }, []);
  return <main ref={place} />;
}
