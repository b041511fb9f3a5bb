/**
 * The lies of the breakable server: failures of `wicketgate/testing`, by their names there, with the place where they happen
 * and the error in which they end; grouped by the user's action that shows them.
 */
const lie = (name, at, label, code) => ({ name, at, label, code });

export const lies = [
  [
    "Log in to see it refused",
    [
      lie("wrong signature", "token", "A forged signature", "id_token_invalid"),
      lie("iss mix-up", "authorization", "Another issuer", "issuer_mismatch"),
      lie("unknown state", "authorization", "A login of somebody else", "transaction_not_found"),
      lie("wrong nonce", "token", "A token of another login", "id_token_invalid"),
      lie("wrong audience", "token", "A token for another app", "id_token_invalid"),
      lie("expired", "token", "A token of yesterday", "id_token_invalid"),
      lie("network loss", "token", "A lost network", "network_failed"),
    ],
  ],
  [
    "Log in and renew to see it refused",
    [
      lie("rotation race", "refresh", "A rotation race", "session_ended"),
      lie("wrong subject", "refresh", "Another user’s token", "id_token_invalid"),
      lie("network loss", "refresh", "A lost network", "network_failed"),
    ],
  ],
  ["Log in and ask for user info to see it", [lie("wrong subject", "userinfo", "Another user’s data", "userinfo_invalid")]],
];
