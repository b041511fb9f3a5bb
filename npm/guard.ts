/**
 * What all guards share: how often one may send somebody to log in. A login that brings no session leads back to the guard,
 * which would begin the next one, and so on for ever.
 */
import { wicketgateError } from "./errors.js";

const KEY = "wicketgate.guard";
const LOGINS = 3;
const SECONDS = 60;

/** What a guard needs of `sessionStorage`: each load of the page is a new beginning for everything else. */
export type GuardStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * Counts a login that a guard begins `now` (seconds since the Unix epoch).
 * @throws WicketgateError `redirect_loop` where it would be the fourth in a minute without a session in between
 */
export function countLogin(storage: GuardStorage, now: number): void {
  // A clock that was put back must not keep anybody out.
  const recent = begun(storage).filter((then) => then <= now && now - then < SECONDS);
  if (recent.length >= LOGINS) {
    throw wicketgateError(
      "redirect_loop",
      `A guard began ${LOGINS} logins within ${SECONDS} seconds, and none of them brought a session.`,
      "See that the redirect page handles the callback with this client, and that its session is kept; then log in by hand.",
    );
  }
  storage.setItem(KEY, JSON.stringify([...recent, now]));
}

/** There is a session: the logins before it led somewhere. */
export function forgetLogins(storage: GuardStorage): void {
  storage.removeItem(KEY);
}

function begun(storage: GuardStorage): number[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(Number.isFinite) : [];
  } catch {
    return [];
  }
}
