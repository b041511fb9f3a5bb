//! The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1) and the
//! [`Transaction`] that it leaves behind.

use core::fmt;

#[cfg(feature = "popup")]
use super::elsewhere::marked;
use super::error::{Error, ErrorKind};
use super::json::{Json, SecretObject};
use super::metadata::ServerMetadata;
use super::pkce::{code_challenge, digest};
use super::return_to::is_local_path;
use super::secret::Secret;
use super::shape::{Kind, Shape};
use super::text::{cut, parts};
use super::url::{append_parameter, decode_component, with_query};

/// Parameters that only the client sets. The client refuses a caller's own value for any of them: a second one is forbidden
/// (RFC 6749 §3.1), and a different one would undo a check. `client_secret` does not belong in a front channel, and with
/// `request` or `request_uri` the server would ignore all other parameters (RFC 9101 §6.3).
const RESERVED: [&str; 20] = [
    "client_id",
    "client_secret",
    "response_type",
    "state",
    "redirect_uri",
    "scope",
    "resource",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "prompt",
    "login_hint",
    "ui_locales",
    "max_age",
    "acr_values",
    "authorization_details",
    "dpop_jkt",
    "request",
    "request_uri",
];

/// The content of an authorization request, and the place to which the login leads.
#[derive(Debug, Default)]
pub struct AuthorizationParameters<'a> {
    /// RFC 6749 §2.2.
    pub client_id: &'a str,
    /// Sent byte for byte, and only when it is configured (RFC 6749 §3.1.2.3).
    pub redirect_uri: Option<&'a str>,
    /// Space-separated.
    pub scope: Option<&'a str>,
    /// RFC 8707: a string, or an array of strings.
    pub resource: Option<&'a Json>,
    /// Whether to use PKCE with `S256`.
    pub pkce: bool,
    /// Whether the page's backend makes the code verifier and the nonce. Then the request has neither, until
    /// [`AuthorizationRequest::begun`] adds the backend's answer.
    pub is_begun_at_backend: bool,
    /// Parameters that have an option of their own (`prompt`, `login_hint`, …), under their wire names.
    pub named: [(&'static str, Option<&'a str>); 4],
    /// OpenID Connect Core §3.1.2.1: the user must have logged in at most this many seconds ago.
    pub max_age: Option<u64>,
    /// Further parameters: an object of strings. No name may be one that the client sets.
    pub extra: Option<&'a Json>,
    /// Same-origin path, query and fragment, checked by [`same_origin_path`](super::return_to::same_origin_path).
    pub return_to: &'a str,
    /// The client gives it back after the login.
    pub app_state: Option<&'a Json>,
    /// The identity of the app's user, in the app's own terms. Nobody else can complete the login.
    pub binding: Option<&'a str>,
    /// Whether the request will be pushed (RFC 9126), as some servers require.
    pub is_pushed: bool,
    /// Whether the response comes to another window or frame, whose page hands it over ([`elsewhere`](super::elsewhere)).
    #[cfg(feature = "popup")]
    pub is_answered_elsewhere: bool,
}

/// 96 bytes of a CSPRNG: 32 each for `state`, `nonce` and `code_verifier`.
pub type Entropy = [[u8; 32]; 3];

/// An authorization request: its URL, and the transaction to remember until the response comes.
pub struct AuthorizationRequest {
    pub(super) url: String,
    pub(super) transaction: Transaction,
}

impl AuthorizationRequest {
    /// Builds the request. `now` is milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `pushed_request_required`, `invalid_option` or `invalid_metadata`.
    pub fn new(server: &ServerMetadata, asked: &AuthorizationParameters<'_>, entropy: &Entropy, now: u64) -> Result<Self, Error> {
        if !asked.is_pushed && server.flag("require_pushed_authorization_requests") {
            return Err(ErrorKind::PushedRequestRequired.into());
        }
        if asked.pkce && server.lacks_s256() {
            return Err(Error::metadata("code_challenge_methods_supported", "does not have S256"));
        }
        let endpoint = server.endpoint("authorization_endpoint")?;
        let extra = asked.extra.map_or(&[][..], Json::members);
        check_extra_parameters(cut(endpoint, '?').1.unwrap_or_default(), extra)?;
        let acr = essential_acr(asked.extra)?;

        let [state, nonce, code_verifier] = entropy.each_ref().map(Secret::from_entropy);
        #[cfg(feature = "popup")]
        let state = if asked.is_answered_elsewhere { marked(&state) } else { state };
        let nonce = (!asked.is_begun_at_backend && asked.scope.is_some_and(is_openid)).then(|| nonce.expose());
        let code_verifier = (!asked.is_begun_at_backend && asked.pkce).then_some(code_verifier);
        let code_challenge = code_verifier.as_ref().map(code_challenge);

        let mut transaction = SecretObject::empty();
        // The first member, because the store's sweeper looks for it there.
        transaction.set("created_at", Json::from(now));
        transaction.set("v", Json::from(1));
        let mut query = String::with_capacity(512);
        // These parameters are sent and remembered …
        let mut send = |name: &str, value: Option<&str>| append_parameter(&mut query, name, value);
        let mut both = |name: &str, value: Option<&str>| {
            send(name, value);
            transaction.set_text(name, value);
        };
        both("client_id", Some(asked.client_id));
        both("response_type", Some("code"));
        both("state", Some(state.expose()));
        both("redirect_uri", asked.redirect_uri);
        both("scope", asked.scope);
        both("nonce", nonce);
        // … these are only sent: `resource` is the only parameter that may be repeated (RFC 8707 §2) …
        for resource in asked.resource.map_or(&[][..], Json::items) {
            send("resource", resource.as_str());
        }
        send("code_challenge", code_challenge.as_deref());
        send("code_challenge_method", code_challenge.as_deref().map(|_| "S256"));
        for (name, value) in asked.named {
            send(name, value);
        }
        if let Some(max_age) = asked.max_age {
            let max_age = Json::from(max_age);
            send("max_age", max_age.as_number());
            transaction.set("max_age", max_age);
        }
        for (name, value) in extra {
            send(name, value.as_str());
        }
        // … and these are only remembered.
        transaction.set_text("code_verifier", code_verifier.as_ref().map(Secret::expose));
        transaction.set_text("server", Some(server.identity()));
        transaction.set_text("return_to", Some(asked.return_to));
        transaction.set_text("binding", asked.binding.map(digest).as_deref());
        transaction.set_text("response_mode", asked.extra.and_then(|extra| extra.text("response_mode")));
        transaction.set_copy("resource", asked.resource);
        transaction.set_copy("acr", acr.as_ref());
        transaction.set_copy("app_state", asked.app_state);

        Ok(Self { url: with_query(endpoint, &query), transaction: Transaction(transaction) })
    }

    /// Asks for the response by POST (OAuth 2.0 Form Post Response Mode). Only a backend can take such a response.
    #[must_use]
    pub fn answered_by_post(mut self) -> Self {
        append_parameter(&mut self.url, "response_mode", Some("form_post"));
        self
    }

    /// Asks for more than a scope can name (RFC 9396 §2): `details`, an array of objects.
    #[must_use]
    pub fn asking_for(mut self, details: &Json) -> Self {
        append_parameter(&mut self.url, "authorization_details", Some(&details.to_text()));
        self
    }

    /// Adds what the backend answered to the begin of this login: the code challenge and the nonce, if it answered any. If the
    /// backend has pushed the request (RFC 9126 §4), the browser carries only the reference to it.
    ///
    /// # Errors
    /// `invalid_metadata` if the server has no authorization endpoint.
    pub fn begun(mut self, server: &ServerMetadata, answer: &Json) -> Result<Self, Error> {
        if let Some(reference) = answer.text("request_uri") {
            return self.referred_to(server, reference);
        }
        for name in ["nonce", "code_challenge", "code_challenge_method"] {
            append_parameter(&mut self.url, name, answer.text(name));
        }
        Ok(self)
    }

    /// The same request, but the browser carries only a reference to it.
    pub(super) fn referred_to(mut self, server: &ServerMetadata, reference: &str) -> Result<Self, Error> {
        let mut query = String::new();
        append_parameter(&mut query, "client_id", self.transaction.0.text("client_id"));
        append_parameter(&mut query, "request_uri", Some(reference));
        self.url = with_query(server.endpoint("authorization_endpoint")?, &query);
        Ok(self)
    }

    /// The parameters of the request, form-encoded. The endpoint's own query does not belong to them.
    pub(super) fn form(&self, server: &ServerMetadata) -> &str {
        let endpoint = server.text("authorization_endpoint").unwrap_or_default();
        self.url.strip_prefix(endpoint).unwrap_or_default().trim_start_matches(['?', '&'])
    }

    /// The URL to which the page sends the browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the request asks for something that only an ID token answers: `max_age`, or an essential `acr`.
    pub(crate) fn needs_id_token(&self) -> bool {
        ["max_age", "acr"].iter().any(|name| self.transaction.0.member(name).is_some())
    }

    /// The transaction, which the caller stores before the browser leaves.
    pub fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The request's URL. The caller has stored the transaction.
    pub fn into_url(self) -> String {
        self.url
    }
}

/// Redacted: the URL contains `state` and `nonce`.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AuthorizationRequest(…)")
    }
}

/// Whether `scope` asks for OpenID Connect.
pub fn is_openid(scope: &str) -> bool {
    parts(scope, ' ').any(|token| token == "openid")
}

/// The problem with a scope (RFC 6749 §3.3); `None` if it is valid. Some servers separate scopes by commas, so a comma alone is
/// not an error. But `openid` must be a word of its own, because otherwise nobody would check an ID token.
pub(crate) fn scope_problem(scope: &str) -> Option<&'static str> {
    if !scope.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        return Some("has characters that a scope cannot have");
    }
    let has_openid =
        |token: &str| [',', ';', '+', '%'].into_iter().any(|separator| parts(token, separator).any(|part| part == "openid"));
    let is_joined = parts(scope, ' ').any(|token| token != "openid" && has_openid(token));
    is_joined.then_some("does not have spaces between its words")
}

/// Checks that no parameter occurs twice (RFC 6749 §3.1) among the endpoint's own query, the client's and the caller's
/// parameters.
fn check_extra_parameters(own_query: &str, extra: &[(String, Json)]) -> Result<(), Error> {
    let is_reserved = |name: &str| RESERVED.contains(&name);
    for pair in parts(own_query, '&') {
        let name = decode_component(cut(pair, '=').0).unwrap_or_default();
        if is_reserved(&name) || !name.is_empty() && extra.iter().any(|(other, _)| *other == name) {
            return Err(Error::metadata("authorization_endpoint", "has a parameter in its query that the client sets"));
        }
    }
    for (name, value) in extra {
        if name.is_empty() || is_reserved(name) {
            return Err(Error::option("extraParams", "has a parameter that the client sets itself"));
        }
        if name == "response_mode" && !matches!(value.as_str(), Some("query" | "fragment")) {
            return Err(Error::option("extraParams", "has a response_mode that is neither query nor fragment"));
        }
    }
    Ok(())
}

const ACR: Shape = Shape {
    prefix: "extraParams.claims.id_token.acr",
    members: &[(Kind::Flag, "essential"), (Kind::Text, "value"), (Kind::List, "values")],
    lacks: &[],
    is_open: true,
    has_nulls: false,
    error: Error::option,
};

/// The essential request for the claim `acr` (OpenID Connect Core §5.5.1), if `claims` contains one: the ID token must answer
/// it. Every other request for a claim is voluntary.
fn essential_acr(extra: Option<&Json>) -> Result<Option<Json>, Error> {
    let Some(claims) = extra.and_then(|extra| extra.text("claims")) else { return Ok(None) };
    let claims = Json::parse(claims.as_bytes()).filter(Json::is_object);
    let claims = claims.ok_or_else(|| Error::option("extraParams", "has claims that are not a JSON object"))?;
    let Some(acr) = claims.member("id_token").and_then(|id_token| id_token.member("acr")) else { return Ok(None) };
    // A request that the client cannot read must not mean that any value is accepted.
    ACR.check(acr)?;
    if acr.member("values").is_some_and(|values| values.items().is_empty()) {
        return Err(ACR.wrong("values", "is empty"));
    }
    Ok(acr.is_true("essential").then(|| acr.clone()))
}

/// The part of an authorization request that the tab remembers until the response comes (RFC 9700 §2.1). It lies in the tab's
/// own store and is used once.
///
/// It is an object of the parameters that were sent, under their wire names, and of `v` (the version of this form),
/// `created_at` (milliseconds since the Unix epoch), `code_verifier`, `server` ([`ServerMetadata::identity`]), `return_to`,
/// `binding`, `acr` (the claim request, if it was essential) and `app_state`.
#[derive(Debug)]
pub struct Transaction(pub(super) SecretObject);

impl Transaction {
    /// The `state` parameter: the name under which the transaction is stored.
    pub fn state(&self) -> &str {
        self.0.text("state").unwrap_or_default()
    }

    /// When the login began, in milliseconds since the Unix epoch.
    pub fn created_at(&self) -> u64 {
        self.0.integer("created_at").unwrap_or_default()
    }

    /// The place to which the user goes afterwards: always a path of this origin, even if the stored text was changed.
    pub fn return_to(&self) -> &str {
        self.0.text("return_to").filter(|path| is_local_path(path)).unwrap_or("/")
    }

    /// Whether the login began under `binding`.
    pub fn is_bound_to(&self, binding: Option<&str>) -> bool {
        self.0.text("binding") == binding.map(digest).as_deref()
    }

    /// Whether this client of this server began it.
    pub fn is_of(&self, server: &ServerMetadata, client_id: &str) -> bool {
        self.0.text("server") == Some(server.identity()) && self.0.text("client_id") == Some(client_id)
    }

    /// Whether its response was used already.
    pub fn is_used(&self) -> bool {
        self.0.member("used_at").is_some()
    }

    /// The form in which it is stored.
    pub fn to_text(&self) -> Secret {
        Secret::new(self.0.to_text())
    }

    /// The form that stays in the store after the transaction was used. It distinguishes a response that comes a second time
    /// from a response that nobody asked for. It says whose login it was and where it led, and contains no secret. `now` is
    /// milliseconds since the Unix epoch.
    pub fn to_tombstone(&self, now: u64) -> String {
        let mut tombstone = Json::empty();
        // The first member, as `created_at` is in a transaction.
        tombstone.set("used_at", Json::from(now));
        tombstone.set("created_at", Json::from(self.created_at()));
        tombstone.set("v", Json::from(1));
        for name in ["server", "client_id", "redirect_uri", "response_mode", "binding", "return_to"] {
            tombstone.set_text(name, self.0.text(name));
        }
        tombstone.to_text()
    }

    /// The form in which a tombstone stays in the store once its login has succeeded.
    pub fn into_success(mut self) -> String {
        self.0.set("succeeded", Json::Bool(true));
        self.0.to_text()
    }

    /// Whether its login has succeeded.
    pub fn has_succeeded(&self) -> bool {
        self.0.is_true("succeeded")
    }

    /// Reads the stored form. `None` if the text is garbage, or another version wrote it.
    pub fn from_text(text: &str) -> Option<Self> {
        let transaction = Self(SecretObject::parse(text.as_bytes())?);
        let is_whole = transaction.0.integer("v") == Some(1)
            && transaction.0.integer("created_at").is_some()
            && (transaction.is_used() || transaction.0.text("state").is_some())
            && ["server", "client_id"].iter().all(|name| transaction.0.text(name).is_some());
        is_whole.then_some(transaction)
    }
}
