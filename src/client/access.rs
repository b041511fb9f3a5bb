//! Access tokens for requests to an API: to which origins they may go, and what follows when one is refused there.

use core::fmt;

use super::Client;
use crate::platform::Platform;
use crate::protocol::challenge::step_up;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::Json;
use crate::protocol::url::Url;

use super::configuration::AccessTokenOptions;
use super::session::Session;

/// A 401 of an API.
#[derive(Clone, Copy)]
pub struct Refusal<'a> {
    /// Where the request went.
    pub url: &'a str,
    /// Where the answer came from, after redirects.
    pub answered_by: &'a str,
    /// The access token that went along.
    pub token: &'a str,
    /// The `WWW-Authenticate` field, where the answer has one that may be read.
    pub www_authenticate: Option<&'a str>,
}

/// The token is a secret, and the URLs may hold some.
impl fmt::Debug for Refusal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Refusal")
    }
}

/// Whose session it is, where an ID token has said so.
fn subject(session: &Session) -> Option<&str> {
    session.claims.as_ref()?.text("sub")
}

impl<P: Platform> Client<P> {
    /// A valid access token for a request to `url`, as [`access_token`](Self::access_token) gives it.
    ///
    /// # Errors
    /// `origin_not_allowed` where `allowedOrigins` does not name the URL's origin; those of
    /// [`access_token`](Self::access_token); `aborted` where another login came while it was renewed.
    pub async fn access_token_for(&self, url: &str) -> Result<String, Error> {
        self.check_allowed(url)?;
        let (before, session) = (self.shared.present_token(), self.session());
        let token = self.access_token(&AccessTokenOptions::none()).await?;
        // It may be another user's, and the request is not theirs.
        let is_theirs = match (subject(&session), subject(&self.session())) {
            (Some(before), Some(now)) => before == now,
            (_, _) => before.is_none_or(|before| before.expose() == token || self.shared.has_replaced(before.expose())),
        };
        if is_theirs { Ok(token) } else { Err(ErrorKind::Aborted.into()) }
    }

    /// The access token with which to send a refused request once more: what the refused one was renewed to, here or by
    /// another tab; and where it was not yet, it is now. `None` where there is none or it would not help: no refresh token,
    /// another login meanwhile, another server's answer, or an API that wants another login ([`step_up`]).
    ///
    /// # Errors
    /// `origin_not_allowed`; those of [`access_token`](Self::access_token).
    pub async fn access_token_after(&self, refusal: &Refusal<'_>) -> Result<Option<String>, Error> {
        let asked = self.check_allowed(refusal.url)?;
        let is_other_server = Url::parse(refusal.answered_by).is_none_or(|url| url.origin() != asked);
        if is_other_server || refusal.www_authenticate.and_then(step_up).is_some() {
            return Ok(None);
        }
        // Of many requests that are refused with one token, the first renews it.
        if self.shared.holds(refusal.token) && self.shared.can_renew() {
            self.refresh(true).await?;
        }
        // That of another login may be another user's, and the request was not theirs.
        Ok(self.shared.access_token(self.now(), 0).ok().filter(|_| self.shared.has_replaced(refusal.token)))
    }

    /// The origin of `url`, where tokens may go there: compared whole, as the URL standard serializes it.
    fn check_allowed(&self, url: &str) -> Result<String, Error> {
        let allowed = self.configuration.allowed_origins();
        let url = self.page.url()?.join(url).filter(|url| !url.has_credentials());
        let origin =
            url.map(|url| url.origin()).filter(|origin| allowed.iter().filter_map(Json::as_str).any(|one| one == origin));
        origin.ok_or_else(|| ErrorKind::OriginNotAllowed.into())
    }
}
