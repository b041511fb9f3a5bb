//! The authorization response (RFC 6749 §4.1.2, RFC 9207): parsed, then validated against the transaction
//! that it answers.
//!
//! The order is fixed, and the first failure ends it. Nothing that the response says is believed before
//! the transaction, and then `iss`, have been checked; least of all its `error`, which anybody can put
//! into a link.

use super::authorization::Transaction;
use super::error::{Error, ErrorKind, OAuthError};
use super::json::{Json, SecretObject};
use super::metadata::ServerMetadata;
use super::secret::is_equal;
use super::text::{cut, parts};
use super::token::CodeExchange;
use super::url::{Url, decode_component};

/// The parameters of an authorization response. All others belong to the page and stay where they are.
const PARAMETERS: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];

/// An authorization response, well-formed, and not believed yet.
#[derive(Debug)]
pub struct AuthorizationResponse {
    parameters: SecretObject,
    location: String,
    is_fragment: bool,
}

impl AuthorizationResponse {
    /// Parses the callback URL.
    ///
    /// # Errors
    /// `callback_malformed` where a parameter is repeated, badly encoded or missing, or where there are
    /// both a code and an error.
    pub fn from_callback_url(url: &Url) -> Result<Self, Error> {
        let malformed = |problem| Err(Error::malformed_callback(problem));
        let is_fragment = !has_response(url.query()) && has_response(url.fragment());
        let mut parameters = SecretObject::empty();
        for pair in parts((if is_fragment { url.fragment() } else { url.query() }).unwrap_or_default(), '&') {
            let (name, value) = cut(pair, '=');
            let Some(name) = parameter_name(name) else { continue };
            if parameters.member(name).is_some() {
                return malformed("a parameter occurs twice");
            }
            match decode_component(value.unwrap_or_default()) {
                Some(value) => parameters.set(name, Json::String(value)),
                None => return malformed("a parameter is not form-encoded UTF-8"),
            }
        }
        let has = |name| parameters.text(name).is_some_and(|value| !value.is_empty());
        if !has("state") {
            return malformed("it has no state");
        }
        if has("code") == has("error") {
            return malformed("it does not have either a code or an error");
        }
        Ok(Self { parameters, location: url.location().into(), is_fragment })
    }

    /// The `state` parameter: the name of the transaction that this may be the answer to.
    pub fn state(&self) -> &str {
        self.parameters.text("state").unwrap_or_default()
    }

    /// Checks that `transaction` may be completed by this response: that it is this client's, and that the
    /// response came to the redirect URI and in the way that was asked for.
    ///
    /// `server` and `client_id` are those of the client that handles the callback, `now` is milliseconds
    /// since the Unix epoch, `lifetime` milliseconds, `binding` the app's present one.
    ///
    /// # Errors
    /// `transaction_not_found`, `transaction_expired`, `transaction_foreign`, `issuer_mismatch` or
    /// `callback_malformed`.
    pub fn check_transaction(
        &self,
        transaction: &Transaction,
        server: &ServerMetadata,
        client_id: &str,
        now: u64,
        lifetime: u64,
        binding: Option<&str>,
    ) -> Result<(), Error> {
        // What is left of a used one has no state any more; it was found by it.
        if !transaction.is_used() && !is_equal(transaction.state(), self.state()) {
            return Err(ErrorKind::TransactionNotFound.into());
        }
        if now.saturating_sub(transaction.created_at()) > lifetime {
            return Err(ErrorKind::TransactionExpired.into());
        }
        let remembered = |name| transaction.0.text(name);
        if !transaction.is_bound_to(binding) {
            return Err(ErrorKind::TransactionForeign.into());
        }
        // Two configured servers, one redirect URI: each answer only to its own client (RFC 9700 §4.4).
        if remembered("server") != Some(server.identity()) || remembered("client_id") != Some(client_id) {
            return Err(Error::issuer_mismatch("the login was begun with another server or client identifier"));
        }
        if !is_at(&self.location, remembered("redirect_uri")) {
            return Err(Error::malformed_callback("it did not come to the redirect URI"));
        }
        if (remembered("response_mode") == Some("fragment")) != self.is_fragment {
            return Err(Error::malformed_callback("it did not come by the response_mode that was asked for"));
        }
        Ok(())
    }

    /// Completes `transaction`: checks `iss`, believes an error, and gives back what redeems the code.
    ///
    /// # Errors
    /// `issuer_mismatch`, `authorization_failed`.
    pub fn complete(self, transaction: Transaction, server: &ServerMetadata) -> Result<CodeExchange, Error> {
        let problem = match self.parameters.text("iss") {
            // Also where no issuer is configured: what cannot be compared is not believed.
            Some(iss) if Some(iss) != server.issuer() => "iss is not the configured issuer",
            None if server.flag("authorization_response_iss_parameter_supported") => {
                "iss is missing, which this server always sends"
            }
            Some(_) | None => "",
        };
        if !problem.is_empty() {
            return Err(Error::issuer_mismatch(problem));
        }
        if let Some(error) = OAuthError::from_members(&self.parameters) {
            return Err(ErrorKind::AuthorizationFailed(error).into());
        }
        let mut exchange = transaction.0;
        for name in ["code", "iss"] {
            exchange.set_text(name, self.parameters.text(name));
        }
        Ok(CodeExchange(exchange))
    }
}

/// Whether `url` looks like an authorization response to a client with this redirect URI.
pub fn is_response(url: &Url, redirect_uri: Option<&str>) -> bool {
    is_at(url.location(), redirect_uri) && (has_response(url.query()) || has_response(url.fragment()))
}

/// `url` without the parameters of an authorization response, also where it is not a whole one; every other
/// byte stays.
pub fn without_response(url: &Url) -> String {
    without_parameters(url, &PARAMETERS)
}

/// `url` without the parameters of these names, in its query and in a fragment that carries a response; any other is an
/// app's own.
pub(crate) fn without_parameters(url: &Url, names: &[&str]) -> String {
    let mut cleaned = String::from(url.location());
    append_kept(&mut cleaned, '?', url.query(), names);
    append_kept(&mut cleaned, '#', url.fragment(), if has_response(url.fragment()) { names } else { &[] });
    cleaned
}

/// The parameter `name` of `url`'s query, decoded.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = parts(url.query()?, '&').map(|pair| cut(pair, '='));
    let (_, value) = pairs.find(|(other, _)| decode_component(other).as_deref() == Some(name))?;
    decode_component(value?)
}

fn append_kept(url: &mut String, mut separator: char, parameters: Option<&str>, names: &[&str]) {
    let Some(parameters) = parameters else { return };
    for pair in parts(parameters, '&') {
        let name = decode_component(cut(pair, '=').0);
        if !names.iter().any(|removed| name.as_deref() == Some(removed)) {
            url.push(separator);
            url.push_str(pair);
            separator = '&';
        }
    }
}

/// A response has a state, and a code or an error.
fn has_response(parameters: Option<&str>) -> bool {
    let has =
        |wanted: &str| parts(parameters.unwrap_or_default(), '&').any(|pair| parameter_name(cut(pair, '=').0) == Some(wanted));
    has("state") && (has("code") || has("error"))
}

/// The parameter that `encoded` names, where it is one of ours. A name that cannot be decoded is none.
fn parameter_name(encoded: &str) -> Option<&'static str> {
    let name = decode_component(encoded)?;
    PARAMETERS.into_iter().find(|parameter| *parameter == name)
}

/// Whether a response that came to `location` came to `redirect_uri`: in origin and path. Without one there
/// is nothing to compare with.
pub(crate) fn is_at(location: &str, redirect_uri: Option<&str>) -> bool {
    redirect_uri.is_none_or(|redirect_uri| Url::parse(redirect_uri).is_some_and(|url| url.location() == location))
}
