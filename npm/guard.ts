/**
 * A limit that all guards share: how often they may begin a login. A login that brings no session leads back to the guard,
 * which would begin the next login, and so on for ever.
 */
import { wicketgateError } from "./errors.js";
import type { Session } from "./types.js";

const KEY = "wicketgate.guard";
const LOGINS = 3;
const SECONDS = 60;

/** The part of `sessionStorage` that a guard needs. Each load of the page resets all other state. */
export type GuardStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Whether nobody is signed in. An `expired` session is enough for a greeting; guards treat it as signed out. */
export const isOut = ({ status }: { status: Session["status"] | "loading" }): boolean => status === "signed-out" || status === "expired";

/**
 * Counts a login that a guard begins at `now` (seconds since the Unix epoch).
 * @throws WicketgateError `redirect_loop` if it would be the fourth within a minute without a session in between
 */
export function countLogin(storage: GuardStorage, now: number): void {
  // A clock that was set back must not lock the user out.
  const recent = begun(storage).filter((then) => then <= now && now - then < SECONDS);
  if (recent.length >= LOGINS) {
    throw wicketgateError(
      "redirect_loop",
      `A guard began ${LOGINS} logins within ${SECONDS} seconds, and none brought a session.`,
      "Check that the redirect page handles the callback with this client and that the session is kept; then log in by hand.",
    );
  }
  storage.setItem(KEY, JSON.stringify([...recent, now]));
}

/** Resets the count: there is a session, so the last login succeeded. */
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
