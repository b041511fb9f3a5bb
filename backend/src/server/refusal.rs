//! Whether a refused refresh ends the session: only the server's definite answer does.

use wicketgate::protocol::error::Error;
use wicketgate::protocol::token::RefreshFailure;

/// Whether the same refresh token can never succeed again: `invalid_grant`, or another refusal that a repetition cannot change.
/// Everything else is an oddity, after which the session continues.
pub(crate) fn is_final(error: &Error) -> bool {
    // A refusal of this backend's own secret does not concern the user's session: the operator can correct the secret.
    let is_own_fault = error.oauth().is_some_and(|oauth| oauth.error == "invalid_client");
    RefreshFailure::of(error) != RefreshFailure::Unreachable && !is_own_fault
}
