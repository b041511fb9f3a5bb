import { useEffect, useState } from "react";

/** How long the session still lasts. Whatever the user does in any tab keeps it, and takes this away. */
export default function Countdown({ endingAt }: { endingAt: number }) {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, []);
  return <p id="countdown" role="timer">You are signed out in {Math.max(0, Math.ceil(endingAt - now))} seconds.</p>;
}
