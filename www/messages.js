// The texts that the user reads after a failure: what happened, and what to do. Codes are for the site's operators.
const again = "Please log in again.";
const untrusted = ["The answer to your login cannot be trusted. You are not logged in.", "If this happens again, tell the people who run this site."];
const unreachable = ["The server cannot be reached.", "Check your connection, then try again."];

const messages = {
  access_denied: ["You did not allow the login.", "You can log in whenever you like."],
  transaction_not_found: ["This login was not begun in this tab.", again],
  transaction_expired: ["The login took too long.", again],
  transaction_used: ["This login is over.", again],
  issuer_mismatch: untrusted,
  id_token_invalid: untrusted,
  userinfo_invalid: ["The answer about you cannot be trusted. It is not shown.", "Log out, then log in again."],
  session_ended: ["The server has ended your session.", again],
  network_failed: unreachable,
  timed_out: unreachable,
};

const other = ["That did not work.", "Please try again. If it happens again, tell the people who run this site."];

export const messageOf = ({ code, oauth }) => messages[oauth?.error] ?? messages[code] ?? other;
