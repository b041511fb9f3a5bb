//! The logout token (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6): the conditions under which it ends a session.

use super::error::Flaw;
use super::id_token::{Expected, check_issuer_and_audience, date};
use super::jws::VerifiedJws;

/// The event that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The sessions to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutToken {
    /// The user, if the token names them.
    pub subject: Option<String>,
    /// The session at the server, if the token names it: then only this session ends.
    pub session_id: Option<String>,
    /// The token's own identifier: the token is accepted once.
    pub id: String,
    /// When it was issued, in milliseconds since the Unix epoch.
    pub issued_at: u64,
    /// When it expires, in milliseconds since the Unix epoch; later versions of the standard demand it.
    pub expires_at: Option<u64>,
}

/// Validates the claims of a logout token. Of `expected`, it uses the issuer, the client and the times.
///
/// # Errors
/// The first problem that the checks find.
pub fn validate(token: VerifiedJws, expected: &Expected<'_>) -> Result<LogoutToken, Flaw> {
    let claims = token.payload;
    check_issuer_and_audience(&claims, expected)?;
    let issued_at = date(&claims, "iat")?.ok_or_else(|| Flaw::of("iat", "is missing"))?;
    let early = issued_at.saturating_sub(expected.now);
    if early > expected.tolerance {
        return Err(Flaw::of("iat", "is in the future, by").by(early));
    }
    let expires_at = date(&claims, "exp")?;
    let late = expires_at.map_or(0, |expires_at| expected.now.saturating_sub(expires_at));
    if late > expected.tolerance {
        return Err(Flaw::of("exp", "is past, by").by(late));
    }
    // §2.4: so that an ID token is never taken for a logout token, nor a logout token for an ID token.
    if claims.member_or_null("nonce").is_some() {
        return Err(Flaw::of("nonce", "is present, and a logout token has none"));
    }
    if !claims.member("events").and_then(|events| events.member(EVENT)).is_some_and(super::json::Json::is_object) {
        return Err(Flaw::of("events", "does not have the event of a logout"));
    }
    let text = |name| claims.text(name).filter(|text| !text.is_empty()).map(String::from);
    let (subject, session_id) = (text("sub"), text("sid"));
    if subject.is_none() && session_id.is_none() {
        return Err(Flaw::of("sub", "is missing, and so is sid"));
    }
    let id = text("jti").ok_or_else(|| Flaw::of("jti", "is missing"))?;
    Ok(LogoutToken { subject, session_id, id, issued_at, expires_at })
}
