//! What a request to an API carries: the access token, and a proof of the key to which it is bound (RFC 9449 §7).

use super::Client;
use super::access::{Refusal, access_token_after, access_token_for, check_allowed};
use super::proofs::{proof, usable_key};
use super::session::tokens::Tokens;
use crate::host::Host;
use crate::protocol::dpop::challenge_asks_for_nonce;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::{Json, SecretObject};
use crate::protocol::secret::Secret;
use crate::protocol::token::TokenType;
use crate::protocol::url::Url;
use core::fmt;

/// What one request to an API carries. It is an object:
///
/// | member | value |
/// | --- | --- |
/// | `type`, `token` | the access token, and how it is used |
/// | `proof`, `nonce` | the proof, and the nonce in it, if there are any |
/// | `newer` | whether this is a newer token than the one that the API refused |
/// | `again` | whether this is the second proof, with the nonce that the API demanded |
pub struct Credentials(SecretObject);

/// Redacted: token and proof are secrets.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials")
    }
}

const TYPE: &str = "type";
const NEWER: &str = "newer";
const AGAIN: &str = "again";

impl Credentials {
    /// The value of the `Authorization` field.
    pub fn authorization(&self) -> Secret {
        Secret::new([self.0.text(TYPE).unwrap_or_default(), " ", self.token()].concat())
    }

    /// The value of the `DPoP` field, if the token is bound to a key.
    pub fn proof(&self) -> Option<&str> {
        self.0.text("proof")
    }

    fn token(&self) -> &str {
        self.0.text("token").unwrap_or_default()
    }

    /// Their members, as JSON text.
    #[cfg(feature = "js")]
    pub(crate) fn to_text(&self) -> String {
        self.0.to_text()
    }

    /// Credentials that [`to_text`](Self::to_text) has written.
    #[cfg(feature = "js")]
    pub(crate) fn from_json(json: Json) -> Self {
        Self(json.into())
    }
}

/// An API's answer to a request with [`Credentials`].
#[derive(Clone, Copy)]
pub struct ApiAnswer<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The URL that the request was sent to.
    pub url: &'a str,
    /// The URL that the answer came from, after redirects.
    pub answered_by: &'a str,
    /// HTTP status.
    pub status: u16,
    /// The answer's `WWW-Authenticate` field. `None` if it has none, or none that the page may read.
    pub www_authenticate: Option<&'a str>,
    /// The answer's `DPoP-Nonce` field, likewise.
    pub nonce: Option<&'a str>,
}

impl<'a> ApiAnswer<'a> {
    /// No answer yet.
    fn none_to(method: &'a str, url: &'a str) -> Self {
        Self { method, url, answered_by: "", status: 0, www_authenticate: None, nonce: None }
    }

    /// As the refusal of `token`.
    fn as_refusal_of<'b>(&self, token: &'b str) -> Refusal<'b>
    where
        'a: 'b,
    {
        Refusal { url: self.url, answered_by: self.answered_by, token, www_authenticate: self.www_authenticate }
    }
}

/// Redacted: the URLs may contain secrets.
impl fmt::Debug for ApiAnswer<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiAnswer")
    }
}

impl<P: Host> Client<P> {
    /// What a request to `url` carries: a valid access token, as [`access_token_for`](Self::access_token_for) returns it; and, if
    /// the token is bound to a key, a proof of that key (RFC 9449 §7.1). A proof is for one request.
    ///
    /// # Errors
    /// Those of [`access_token_for`](Self::access_token_for); `session_ended` if the browser did not keep the key.
    pub async fn credentials_for(&self, method: &str, url: &str) -> Result<Credentials, Error> {
        self.credentials(None, &ApiAnswer::none_to(method, url)).await?.ok_or(ErrorKind::Aborted.into())
    }

    /// What to send the request with once more, after an API's answer. The client remembers the nonce of the answer. If a 401 says
    /// that the proof needs that nonce (RFC 9449 §9), the request goes out with another proof, once. After any other 401, it goes
    /// out with the token of [`access_token_after`](Self::access_token_after), once. `None` if neither can help.
    ///
    /// # Errors
    /// `origin_not_allowed`; those of [`credentials_for`](Self::credentials_for).
    pub fn credentials_after(
        &self,
        before: &Credentials,
        answer: &ApiAnswer<'_>,
    ) -> impl Future<Output = Result<Option<Credentials>, Error>> {
        self.credentials(Some(before), answer)
    }

    /// What a request carries: at first, or after `answer` to the request with the credentials `before`.
    pub(crate) async fn credentials(
        &self,
        before: Option<&Credentials>,
        answer: &ApiAnswer<'_>,
    ) -> Result<Option<Credentials>, Error> {
        let connection = &self.connection;
        let mut credentials = SecretObject::empty();
        let token = match before {
            None => access_token_for(connection, answer.url).await?,
            Some(before) => {
                for name in [NEWER, AGAIN] {
                    credentials.set_copy(name, before.0.member(name));
                }
                let asked = check_allowed(connection, answer.url)?;
                let Some(by) = Url::parse(answer.answered_by).filter(|url| url.origin() == asked) else { return Ok(None) };
                let nonce = answer.nonce.map(String::from);
                connection.page.nonces.borrow_mut().remember(&by, &nonce);
                if answer.status != 401 {
                    return Ok(None);
                }
                let asks_for_nonce = |field: &str| challenge_asks_for_nonce(field, &nonce, before.0.text("nonce"));
                let is_asked = before.proof().is_some() && answer.www_authenticate.is_some_and(asks_for_nonce);
                let mark = if is_asked { AGAIN } else { NEWER };
                if before.0.is_true(mark) {
                    return Ok(None);
                }
                credentials.set(mark, Json::Bool(true));
                if is_asked {
                    // The session may have another token by now.
                    credentials.set_text(TYPE, Some(TokenType::DPoP.as_str()));
                    Secret::new(before.token().into())
                } else {
                    let Some(newer) = access_token_after(connection, &answer.as_refusal_of(before.token())).await? else {
                        return Ok(None);
                    };
                    newer
                }
            }
        };
        if credentials.text(TYPE).is_none() {
            let type_of = |tokens: &Tokens| tokens.type_of(token.expose());
            let token_type = connection.session.state.of_tokens(type_of).unwrap_or(TokenType::Bearer);
            credentials.set_text(TYPE, Some(token_type.as_str()));
        }
        credentials.set_text("token", Some(token.expose()));
        if credentials.text(TYPE) == Some(TokenType::DPoP.as_str()) {
            let key = usable_key(connection).await?.ok_or(ErrorKind::Aborted)?;
            let url = connection.page.url()?.join(answer.url).ok_or(ErrorKind::OriginNotAllowed)?;
            let (proof, nonce) = proof(connection, &key, answer.method, &url, Some(&token)).await?;
            credentials.set_text("proof", Some(proof.expose()));
            credentials.set_text("nonce", nonce.as_deref());
        }
        Ok(Some(Credentials(credentials)))
    }
}
