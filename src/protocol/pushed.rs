//! Pushed Authorization Requests (RFC 9126): the request goes to the server first, and the browser carries only a reference to
//! it.

use core::fmt;

use super::authorization::{AuthorizationRequest, Transaction};
use super::confidential::authenticated;
use super::error::{Error, ErrorKind, OAuthError};
use super::http::{FORM, Purpose, Request, Response};
use super::json::{Json, SecretObject};
use super::metadata::ServerMetadata;
use super::secret::Secret;
use super::token::ClientAuthentication;
use super::url::with_query;

/// The member of the metadata with the endpoint for pushed requests.
const ENDPOINT: &str = "pushed_authorization_request_endpoint";

/// The longest reference that is accepted. No server needs a longer one.
const LONGEST_REFERENCE: usize = 2048;

/// An authorization request that the server has accepted: the URL for the browser, and the transaction.
pub struct PushedRequest {
    url: String,
    reference: String,
    transaction: Transaction,
    /// How long the server keeps the request, in milliseconds from when it was pushed, if the server says so.
    pub expires_in: Option<u64>,
}

impl AuthorizationRequest {
    /// A request that a page has built, at the backend that pushes it: `form` is its parameters, which the backend has checked. Its
    /// transaction lies in the page.
    ///
    /// # Errors
    /// `invalid_metadata` if the server has no authorization endpoint.
    pub fn of_page(server: &ServerMetadata, client_id: &str, form: &str) -> Result<Self, Error> {
        let mut transaction = SecretObject::empty();
        transaction.set_text("client_id", Some(client_id));
        let url = with_query(server.endpoint("authorization_endpoint")?, form);
        Ok(Self { url, transaction: Transaction(transaction) })
    }

    /// The request that pushes this one (§2.1): its parameters as a form, and the client's authentication.
    ///
    /// # Errors
    /// `invalid_metadata` if the server has no endpoint for it.
    pub fn push(&self, server: &ServerMetadata, authentication: &ClientAuthentication<'_>) -> Result<Request, Error> {
        let form = Secret::new(self.form(server).into());
        let request = Request::post(Purpose::Push, server.endpoint(ENDPOINT)?.into(), FORM, form);
        Ok(authenticated(request, self.client_id(), authentication))
    }

    /// Reads the answer to [`push`](Self::push) (§2.2, §2.3), and returns the URL to which the browser goes (§4).
    ///
    /// # Errors
    /// `token_request_failed` if the server refused the request; `invalid_metadata` if the answer has no `request_uri`.
    pub fn pushed(self, server: &ServerMetadata, response: &Response) -> Result<PushedRequest, Error> {
        let answer = response.json_object();
        let oauth = answer.as_ref().and_then(OAuthError::from_members);
        if oauth.is_some() || !response.is_success() {
            return Err(ErrorKind::TokenRequestFailed { purpose: Purpose::Push, status: response.status, oauth }.into());
        }
        let answer = answer.unwrap_or(Json::Null);
        let is_reference =
            |text: &&str| (1..=LONGEST_REFERENCE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let reference = answer.text("request_uri").filter(is_reference);
        let reference = reference.ok_or_else(|| Error::metadata(ENDPOINT, "does not answer with a request_uri"))?;
        let expires_in = answer.member("expires_in").and_then(Json::as_millis);
        let Self { url, transaction } = self.referred_to(server, reference)?;
        Ok(PushedRequest { url, reference: reference.into(), transaction, expires_in })
    }

    fn client_id(&self) -> &str {
        self.transaction.0.text("client_id").unwrap_or_default()
    }
}

impl PushedRequest {
    /// The URL to which the page sends the browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The reference: `request_uri`.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The transaction. It must be stored before the page sends the browser to the URL.
    pub fn transaction(&self) -> &Transaction {
        &self.transaction
    }
}

/// Redacted: an attacker could use the reference for a login.
impl fmt::Debug for PushedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PushedRequest(…)")
    }
}
