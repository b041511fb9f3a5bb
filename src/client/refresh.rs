//! Access tokens, renewed before they expire.
//!
//! One refresh at a time: who asks while one is under way gets its outcome. Only the server's own word ends the session
//! (`invalid_grant`, or an ID token that cannot be accepted); everything else leaves it, and says `stale`.

use std::rc::Rc;

use super::Client;
use super::configuration::AccessTokenOptions;
use super::flight::{Flight, Pilot, both};
use crate::platform::Platform;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::id_token::{self, Expected};
use crate::protocol::json::Json;
use crate::protocol::token::{TokenSet, refreshed};

/// What an access token that can be renewed has left when it is: time enough for a request that is sent with it.
const MIN_VALIDITY: u64 = 30_000;

impl<P: Platform> Client<P> {
    /// A valid access token, renewed first where it has too little left and the server gave a refresh token. A token of
    /// unknown lifetime is taken to be good.
    ///
    /// # Errors
    /// `no_session`, `session_ended`, `token_request_failed`, `token_response_malformed`, `id_token_invalid`,
    /// `invalid_metadata`, `network_failed`, `timed_out`; `aborted` where a login or a logout overtook it.
    pub async fn access_token(&self, options: &AccessTokenOptions) -> Result<String, Error> {
        let can_renew = self.shared.can_renew();
        let min_validity = options.min_validity().unwrap_or(if can_renew { MIN_VALIDITY } else { 0 });
        let is_forced = options.forces_refresh();
        match self.shared.access_token(self.page.platform.monotonic_clock(), min_validity) {
            Ok(token) if !is_forced => return Ok(token),
            Err(error) if !can_renew => return Err(error),
            Ok(_) if !can_renew => {
                return Err(ErrorKind::NoSession { reason: "there is no refresh token to renew it with" }.into());
            }
            Ok(_) | Err(_) => {}
        }
        self.refresh().await?;
        self.shared.access_token(self.page.platform.monotonic_clock(), 0)
    }

    async fn refresh(&self) -> Result<(), Error> {
        let under_way = self.shared.refreshing.borrow().as_ref().filter(|flight| !flight.has_landed()).cloned();
        if let Some(flight) = under_way {
            return flight.landed().await;
        }
        let flight = Rc::new(Flight::new());
        self.shared.refreshing.replace(Some(flight.clone()));
        let pilot = Pilot(flight);
        let outcome = self.renew().await;
        pilot.0.land(outcome.clone());
        outcome
    }

    async fn renew(&self) -> Result<(), Error> {
        let decided = self.shared.decided();
        let endpoint = self.server.endpoint("token_endpoint")?;
        let request = self.shared.refresh_request(endpoint, self.configuration.client_id());
        let request = request.ok_or(ErrorKind::NoSession { reason: "nobody is signed in" })?;
        let sent_at = self.now();
        let (response, ()) = both(self.send(request), self.fetch_keys_beside(self.session().claims.is_some())).await;
        let is_overtaken = || decided != self.shared.decided();
        let outcome = match response.and_then(|response| refreshed(&response)) {
            Ok(_) if is_overtaken() => Err(ErrorKind::Aborted.into()),
            Ok(mut tokens) => {
                // First of all: from now on the server knows no other.
                self.shared.rotate(tokens.refresh_token.take());
                self.refreshed_claims(&tokens).await.map(|claims| (tokens, claims))
            }
            Err(error) => Err(error),
        };
        match outcome {
            _ if is_overtaken() => Err(ErrorKind::Aborted.into()),
            Ok((tokens, claims)) => {
                self.shared.renew(tokens, claims, sent_at);
                Ok(())
            }
            Err(error) => {
                if matches!(error.kind(), ErrorKind::SessionEnded(_) | ErrorKind::IdTokenInvalid(_)) {
                    self.shared.sign_out();
                } else {
                    self.shared.go_stale();
                }
                Err(error)
            }
        }
    }

    /// The claims of the ID token that came with renewed tokens, where one came: about the same login as those before
    /// (OpenID Connect Core §12.2).
    async fn refreshed_claims(&self, tokens: &TokenSet) -> Result<Option<Json>, Error> {
        let session = self.session();
        let Some((id_token, before)) = tokens.id_token.as_ref().zip(session.claims.as_ref()) else { return Ok(None) };
        let expected = Expected { nonce: None, max_age: None, acr: None, ..self.expected() };
        let claims = self.id_token_claims(id_token, &expected, &tokens.access_token).await?;
        id_token::check_refreshed(&claims, before).map_err(ErrorKind::IdTokenInvalid)?;
        Ok(Some(claims))
    }
}
