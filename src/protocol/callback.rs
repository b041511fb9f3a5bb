//! The authorization response (RFC 6749 §4.1.2, RFC 9207): parsed, then validated against the transaction that it answers.
//!
//! The order of the checks is fixed, and the first failure ends them. The client believes nothing in the response before it has
//! checked the transaction, and then `iss`. This holds above all for `error`, which anybody can put into a link.

use super::authorization::Transaction;
#[cfg(feature = "popup")]
use super::elsewhere::without_mark;
use super::error::{Error, ErrorKind, OAuthError};
use super::json::{Json, SecretObject};
use super::metadata::{ServerMetadata, is_issuer};
use super::secret::{from_base64url, is_equal};
use super::text::{cut, parts};
use super::token::CodeExchange;
use super::url::{Url, decode_component, decode_leniently};

/// The parameters of an authorization response. All others belong to the page and stay where they are.
const PARAMETERS: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];

/// The member of the metadata that says whether the server always sends `iss` (RFC 9207 §3).
const ISS_IS_SENT: &str = "authorization_response_iss_parameter_supported";

/// An authorization response that is well-formed, and not believed yet.
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
    /// `callback_malformed` if a parameter is repeated, badly encoded or missing, or if there are both a code and an error.
    pub fn from_callback_url(url: &Url) -> Result<Self, Error> {
        let response = Self::parsed(url, !has_response(url.query()) && has_response(url.fragment()))?;
        let has = |name| response.has(name);
        if !has("state") {
            return Err(Error::malformed_callback("it has no state"));
        }
        if has("code") == has("error") {
            return Err(Error::malformed_callback("it does not have either a code or an error"));
        }
        Ok(response)
    }

    /// Decodes the parameters; each may occur once.
    fn parsed(url: &Url, is_fragment: bool) -> Result<Self, Error> {
        let malformed = |problem| Err(Error::malformed_callback(problem));
        let mut parameters = SecretObject::empty();
        for pair in parts((if is_fragment { url.fragment() } else { url.query() }).unwrap_or_default(), '&') {
            let (name, value) = cut(pair, '=');
            let Some(name) = parameter_name(name) else { continue };
            if parameters.member(name).is_some() {
                return malformed("a parameter occurs twice");
            }
            let value = value.unwrap_or_default();
            // Prose for people, which some servers encode incorrectly. No decision depends on it.
            let is_prose = matches!(name, "error_description" | "error_uri");
            match if is_prose { Some(decode_leniently(value)) } else { decode_component(value) } {
                Some(value) => parameters.set(name, Json::String(value)),
                None => return malformed("a parameter is not form-encoded UTF-8"),
            }
        }
        Ok(Self { parameters, location: url.location().into(), is_fragment })
    }

    fn has(&self, name: &str) -> bool {
        self.parameters.text(name).is_some_and(|value| !value.is_empty())
    }

    /// The `state` parameter: the name of the transaction that this response may answer.
    pub fn state(&self) -> &str {
        self.parameters.text("state").unwrap_or_default()
    }

    /// Checks that this response may complete `transaction`: the transaction belongs to this client, and the response came to
    /// the redirect URI and by the requested response mode. An error without the `iss` that the server always sends completes
    /// nothing.
    ///
    /// `server` and `client_id` are those of the client that handles the callback. `now` is milliseconds since the Unix epoch,
    /// `lifetime` is milliseconds, and `binding` is the app's present one.
    ///
    /// # Errors
    /// `transaction_not_found`, `transaction_expired`, `transaction_foreign`, `issuer_mismatch`, `callback_malformed`, or an
    /// unverified `authorization_failed`.
    pub fn check_transaction(
        &self,
        transaction: &Transaction,
        server: &ServerMetadata,
        client_id: &str,
        now: u64,
        lifetime: u64,
        binding: Option<&str>,
    ) -> Result<(), Error> {
        // A used transaction has kept no state; the caller found it by the state.
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
        // Two configured servers may share a redirect URI: a client accepts only the answer of its own server (RFC 9700 §4.4).
        if !transaction.is_of(server, client_id) {
            return Err(Error::issuer_mismatch("the login was begun with another server or client identifier"));
        }
        let redirect_uri = remembered("redirect_uri");
        if !is_at(&self.location, redirect_uri) {
            return Err(misplaced(&self.location, redirect_uri.unwrap_or_default()));
        }
        if (remembered("response_mode") == Some("fragment")) != self.is_fragment {
            return Err(Error::malformed_callback("it did not come by the response_mode that was asked for"));
        }
        // Many servers forget `iss` when they refuse. An attacker gains nothing by an error that is shown and uses nothing up.
        let lacks_iss = self.parameters.member("iss").is_none() && server.flag(ISS_IS_SENT);
        match OAuthError::from_members(&self.parameters).filter(|_| lacks_iss) {
            Some(oauth) => Err(ErrorKind::UnverifiedError(oauth).into()),
            None => Ok(()),
        }
    }

    /// Completes `transaction`: checks `iss`, then believes an error, and returns the exchange that redeems the code.
    ///
    /// # Errors
    /// `issuer_mismatch`, `authorization_failed`.
    pub fn complete(self, transaction: Transaction, server: &ServerMetadata) -> Result<CodeExchange, Error> {
        let issuer = server.issuer().unwrap_or_default();
        match self.parameters.text("iss") {
            // A value that the client cannot compare is not believed.
            Some(iss) if issuer.is_empty() => {
                let problem = "it has iss, and the configuration has no issuer to compare it with";
                return Err(Error::issuer_mismatch(problem).with_values(iss, ""));
            }
            Some(iss) if !is_issuer(issuer, iss, None) => {
                return Err(Error::issuer_mismatch("iss is not the configured issuer").with_values(iss, issuer));
            }
            None if server.flag(ISS_IS_SENT) => {
                return Err(Error::issuer_mismatch("iss is missing, which this server always sends").with_values("", issuer));
            }
            Some(_) | None => {}
        }
        if let Some(oauth) = OAuthError::from_members(&self.parameters) {
            return Err(ErrorKind::AuthorizationFailed(oauth).into());
        }
        let mut exchange = transaction.0;
        for name in ["code", "iss"] {
            exchange.set_text(name, self.parameters.text(name));
        }
        Ok(CodeExchange(exchange))
    }
}

/// The error for a response that came to another place. It names both places: by their paths, if only the paths differ.
fn misplaced(location: &str, redirect_uri: &str) -> Error {
    let places = Url::parse(location).zip(Url::parse_redirect_uri(redirect_uri)).map(|(found, expected)| {
        let place = |url: &Url| if found.origin() == expected.origin() { url.path().into() } else { url.origin() + url.path() };
        (place(&found), place(&expected))
    });
    let (found, expected) = places.unwrap_or_default();
    Error::malformed_callback("it did not come to the redirect URI").with_values(&found, &expected)
}

/// Whether `url` looks like an authorization response to a client with this redirect URI. True also if the server has lost or
/// added a slash at the end of the path, so that the developer sees an error about it.
pub fn is_response(url: &Url, redirect_uri: Option<&str>) -> bool {
    let without_slash = |url: &str| String::from(url.strip_suffix('/').unwrap_or(url));
    let is_there = |redirect_uri: &str| {
        let expected = Url::parse_redirect_uri(redirect_uri).map(|expected| without_slash(expected.location()));
        expected == Some(without_slash(url.location()))
    };
    // Most pages carry no response, and to see that takes no parsed URL.
    (has_response(url.query()) || has_response(url.fragment())) && redirect_uri.is_none_or(is_there)
}

/// The error that `url` carries to this redirect URI without `state`: an unverified `authorization_failed`. Without `state`,
/// nobody knows which login it answers. The caller shows it while a login of this tab is pending, and uses it for nothing else.
pub fn unverified_error(url: &Url, redirect_uri: Option<&str>) -> Option<Error> {
    let is_stray = (has_stray_error(url.query()) || has_stray_error(url.fragment()) && !has_response(url.query()))
        && is_at(url.location(), redirect_uri);
    let response = if is_stray { AuthorizationResponse::parsed(url, !has_stray_error(url.query())).ok()? } else { return None };
    let oauth = OAuthError::from_members(&response.parameters).filter(|_| !response.has("state") && !response.has("code"))?;
    Some(ErrorKind::UnverifiedError(oauth).into())
}

/// `url` without the parameters of an authorization response, even if they are not a complete response. Every other byte stays.
pub fn without_response(url: &Url) -> String {
    without_parameters(url, &PARAMETERS)
}

/// `url` without the parameters of these names, in its query and in a fragment that carries a response. Any other fragment
/// belongs to the app.
pub(crate) fn without_parameters(url: &Url, names: &[&str]) -> String {
    cut_out(url, names, has_response(url.fragment()))
}

/// `url` without the parameters of a response, in its query and in its fragment: after [`unverified_error`] has found one.
pub fn without_unverified_error(url: &Url) -> String {
    cut_out(url, &PARAMETERS, has_stray_error(url.fragment()))
}

fn cut_out(url: &Url, names: &[&str], is_in_fragment: bool) -> String {
    let mut cleaned = String::from(url.location());
    append_kept(&mut cleaned, '?', url.query(), names);
    append_kept(&mut cleaned, '#', url.fragment(), if is_in_fragment { names } else { &[] });
    cleaned
}

/// The parameter `name` of `url`'s query, decoded.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = parts(url.query()?, '&').map(|pair| cut(pair, '='));
    let (_, value) = pairs.find(|(other, _)| decode_component(other).as_deref() == Some(name))?;
    decode_component(value?)
}

/// The `state` of the response that `url` carries, if it carries one. Whether the response is well-formed is not checked yet.
#[cfg(feature = "popup")]
pub(crate) fn state_of_response(url: &Url) -> Option<String> {
    let parameters = [url.query(), url.fragment()].into_iter().find(|parameters| has_response(*parameters))?;
    let (_, state) = pairs(parameters).find(|(name, _)| parameter_name(name) == Some("state"))?;
    decode_component(state?)
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

/// A response has a state, and a code or an error. Our state is always 256 bits in base64url: any other state belongs to
/// another service, and so do the parameters beside it.
fn has_response(parameters: Option<&str>) -> bool {
    let is_ours = |state: &str| {
        #[cfg(feature = "popup")]
        let state = without_mark(state);
        state.len() == 43 && from_base64url(state).is_some()
    };
    pairs(parameters).any(|(name, value)| {
        parameter_name(name) == Some("state") && value.and_then(decode_component).is_some_and(|state| is_ours(&state))
    }) && (has_parameter(parameters, "code") || has_parameter(parameters, "error"))
}

/// An error without a state, or with an empty one: some servers send it if they do not understand the request.
fn has_stray_error(parameters: Option<&str>) -> bool {
    let has_value = |(name, value): (&str, Option<&str>)| {
        parameter_name(name) == Some("state") && value.is_some_and(|value| !value.is_empty())
    };
    has_parameter(parameters, "error") && !pairs(parameters).any(has_value)
}

fn has_parameter(parameters: Option<&str>, wanted: &str) -> bool {
    pairs(parameters).any(|(name, _)| parameter_name(name) == Some(wanted))
}

fn pairs(parameters: Option<&str>) -> impl Iterator<Item = (&str, Option<&str>)> {
    parts(parameters.unwrap_or_default(), '&').map(|pair| cut(pair, '='))
}

/// The response parameter whose name is `encoded`; `None` if the name is another one or cannot be decoded.
fn parameter_name(encoded: &str) -> Option<&'static str> {
    let name = decode_component(encoded)?;
    PARAMETERS.into_iter().find(|parameter| *parameter == name)
}

/// Whether a response that came to `location` came to `redirect_uri`: their origins and paths are equal. Without a redirect
/// URI, every location will do.
pub(crate) fn is_at(location: &str, redirect_uri: Option<&str>) -> bool {
    redirect_uri.is_none_or(|redirect_uri| Url::parse_redirect_uri(redirect_uri).is_some_and(|url| url.location() == location))
}
