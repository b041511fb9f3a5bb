//! Asks the UserInfo endpoint for the claims about the user.

use std::rc::Rc;

use super::discovery;
use super::id_token;
use super::page::Connection;
use super::proofs;
use super::session::refresh::access_token;
use super::session::target::OWN;
use crate::host::Host;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::Json;
use crate::protocol::userinfo::{self, Answer};

/// The claims of the UserInfo endpoint, about the subject of the ID token.
///
/// # Errors
/// Those of [`Client::user_info`](super::Client::user_info).
pub(crate) async fn user_info<P: Host>(connection: &Rc<Connection<P>>) -> Result<Json, Error> {
    discovery::find(connection, true).await?;
    let endpoint = connection.server.metadata().endpoint("userinfo_endpoint")?;
    let access_token = access_token(connection, &OWN, None, false).await?;
    let session = connection.session.snapshot();
    let guard = connection.session.state.timeline.of_session();
    let Some(subject) = session.subject() else {
        return Err(ErrorKind::NoSession { reason: "the login brought no ID token to compare UserInfo with" }.into());
    };
    let response = proofs::ask_user_info(connection, endpoint, &access_token).await?;
    let claims = match userinfo::answer(&response)? {
        Answer::Claims(claims) => claims,
        Answer::Signed(token) => {
            let list = |name| connection.server.metadata().as_json().member(name);
            let supported =
                list("userinfo_signing_alg_values_supported").or_else(|| list("id_token_signing_alg_values_supported"));
            let token = id_token::verified(connection, token, supported, Error::userinfo).await?;
            {
                let issuer = connection.server.metadata().issuer().unwrap_or_default();
                userinfo::signed_claims(token, issuer, connection.configuration.client_id())?
            }
        }
    };
    // Meanwhile, the session may have become another user's.
    guard.check()?;
    userinfo::claims(claims, Some(subject))
}
