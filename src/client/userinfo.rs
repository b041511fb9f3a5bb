//! Asks the UserInfo endpoint who is logged in.

use super::Client;
use super::configuration::AccessTokenOptions;
use crate::platform::Platform;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::Json;
use crate::protocol::secret::Secret;
use crate::protocol::userinfo::{self, Answer};

impl<P: Platform> Client<P> {
    /// The claims of the UserInfo endpoint (OpenID Connect Core §5.3): about the subject of the ID token, or refused.
    ///
    /// # Errors
    /// `userinfo_invalid`; `aborted` where a login or a logout overtook it; `invalid_metadata` where the server has no such endpoint; those of
    /// [`access_token`](Self::access_token).
    pub async fn user_info(&self) -> Result<Json, Error> {
        let endpoint = self.server.endpoint("userinfo_endpoint")?;
        let access_token = Secret::new(self.access_token(&AccessTokenOptions::none()).await?);
        let (session, number) = (self.session(), self.shared.number());
        let Some(subject) = session.claims.as_ref().and_then(|claims| claims.text("sub")) else {
            return Err(ErrorKind::NoSession { reason: "no ID token came, which UserInfo has to agree with" }.into());
        };
        let response = self.send(userinfo::request(endpoint, &access_token)).await?;
        let claims = match userinfo::answer(&response)? {
            Answer::Claims(claims) => claims,
            Answer::Signed(token) => {
                let metadata = self.server.as_json();
                let list = |name| metadata.member(name);
                let supported =
                    list("userinfo_signing_alg_values_supported").or_else(|| list("id_token_signing_alg_values_supported"));
                let token = self.verified(token, supported, Error::userinfo).await?;
                userinfo::signed_claims(token, self.server.issuer().unwrap_or_default(), self.configuration.client_id())?
            }
        };
        // Meanwhile it may have become another user's page.
        if number != self.shared.number() {
            return Err(ErrorKind::Aborted.into());
        }
        userinfo::claims(claims, Some(subject))
    }
}
