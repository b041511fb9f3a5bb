//! The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1) and the
//! [`Transaction`] that it leaves behind.

use core::fmt;

use super::error::{Error, ErrorKind};
use super::json::{Json, SecretObject};
use super::metadata::ServerMetadata;
use super::pkce::{code_challenge, digest};
use super::return_to::is_local_path;
use super::secret::Secret;
use super::shape::{Kind, Shape};
use super::text::{cut, has, parts};
use super::url::{Url, append_parameter, decode_component, is_plain, with_query};

/// Parameters that are the client's to set: a caller's own value for one of them is refused, since a second
/// one is forbidden (RFC 6749 §3.1) and another one would undo a check. `client_secret` has no business in
/// a front channel at all, and with `request` or `request_uri` the server would ignore all the others
/// (RFC 9101 §6.3).
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

/// What an authorization request asks for, and where it leads.
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
    /// Parameters that have an option of their own (`prompt`, `login_hint`, …), under their wire names.
    pub named: [(&'static str, Option<&'a str>); 4],
    /// OpenID Connect Core §3.1.2.1: the user must have logged in at most so many seconds ago.
    pub max_age: Option<u64>,
    /// An object of strings: further parameters, under any name that is not the client's.
    pub extra: Option<&'a Json>,
    /// Same-origin path, query and fragment, checked by [`same_origin_path`](super::return_to::same_origin_path).
    pub return_to: &'a str,
    /// Given back after the login.
    pub app_state: Option<&'a Json>,
    /// Who the app's user is, in the app's own terms: nobody else can complete the login.
    pub binding: Option<&'a str>,
}

/// 96 bytes of a CSPRNG: 32 each for `state`, `nonce` and `code_verifier`.
pub type Entropy = [[u8; 32]; 3];

/// An authorization request: the URL, and what must be remembered until the response comes.
pub struct AuthorizationRequest {
    url: String,
    transaction: Transaction,
}

impl AuthorizationRequest {
    /// Builds the request. `now` is milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `pushed_request_required`, `invalid_option` or `invalid_metadata`.
    pub fn new(server: &ServerMetadata, asked: &AuthorizationParameters<'_>, entropy: &Entropy, now: u64) -> Result<Self, Error> {
        if server.flag("require_pushed_authorization_requests") {
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
        let nonce = asked.scope.is_some_and(is_openid).then(|| nonce.expose());
        let code_challenge = asked.pkce.then(|| code_challenge(&code_verifier));

        let mut transaction = SecretObject::empty();
        // First of all: the store's sweeper looks for it there.
        transaction.set("created_at", Json::from(now));
        transaction.set("v", Json::from(1));
        let mut query = String::with_capacity(512);
        // What is both sent and remembered …
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
        // … only sent: `resource` is the one parameter that may be repeated (RFC 8707 §2) …
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
        // … and only remembered.
        transaction.set_text("code_verifier", asked.pkce.then(|| code_verifier.expose()));
        transaction.set_text("server", Some(server.identity()));
        transaction.set_text("return_to", Some(asked.return_to));
        transaction.set_text("binding", asked.binding.map(digest).as_deref());
        transaction.set_text("response_mode", asked.extra.and_then(|extra| extra.text("response_mode")));
        transaction.set_copy("resource", asked.resource);
        transaction.set_copy("acr", acr.as_ref());
        transaction.set_copy("app_state", asked.app_state);

        Ok(Self { url: with_query(endpoint, &query), transaction: Transaction(transaction) })
    }

    /// Where to send the browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it asks for what only an ID token answers: `max_age`, or an essential `acr`.
    pub(crate) fn needs_id_token(&self) -> bool {
        ["max_age", "acr"].iter().any(|name| self.transaction.0.member(name).is_some())
    }

    /// What must be stored before the browser is sent there.
    pub fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The request's URL, once the transaction is stored.
    pub fn into_url(self) -> String {
        self.url
    }
}

/// The URL has `state` and `nonce` in it.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AuthorizationRequest(…)")
    }
}

/// Whether `scope` asks for OpenID Connect.
pub fn is_openid(scope: &str) -> bool {
    parts(scope, ' ').any(|token| token == "openid")
}

/// Each parameter at most once (RFC 6749 §3.1), over the endpoint's own query, the client's and the
/// caller's.
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
    is_open: true,
    error: Error::option,
};

/// The request for the claim `acr` that is essential (OpenID Connect Core §5.5.1), where `claims` has one: the ID token
/// must answer it. Every other request is a wish.
fn essential_acr(extra: Option<&Json>) -> Result<Option<Json>, Error> {
    let Some(claims) = extra.and_then(|extra| extra.text("claims")) else { return Ok(None) };
    let claims = Json::parse(claims.as_bytes()).filter(Json::is_object);
    let claims = claims.ok_or_else(|| Error::option("extraParams", "has claims that are not a JSON object"))?;
    let Some(acr) = claims.member("id_token").and_then(|id_token| id_token.member("acr")) else { return Ok(None) };
    // What cannot be read must not mean that anything will do.
    ACR.check(if matches!(acr, Json::Null) { return Ok(None) } else { acr })?;
    if acr.member("values").is_some_and(|values| values.items().is_empty()) {
        return Err(ACR.wrong("values", "is empty"));
    }
    Ok(acr.is_true("essential").then(|| acr.clone()))
}

/// Whether `text` can be a redirect URI: an absolute URL without a fragment (RFC 6749 §3.1.2).
pub fn is_redirect_uri(text: &str) -> bool {
    Url::parse(text).is_some_and(|url| is_plain(text) && !has(text, '#') && !url.has_credentials())
}

/// What must be remembered of an authorization request until its response comes (RFC 9700 §2.1): kept in
/// the tab's own store, used once.
///
/// An object of what was sent, under its wire names, and of `v` (the version of this form), `created_at`
/// (milliseconds since the Unix epoch), `code_verifier`, `server` ([`ServerMetadata::identity`]), `return_to`,
/// `binding`, `acr` (the claim request, where it was essential) and `app_state`.
#[derive(Debug)]
pub struct Transaction(pub(super) SecretObject);

impl Transaction {
    /// The `state` parameter, under which it is stored.
    pub fn state(&self) -> &str {
        self.0.text("state").unwrap_or_default()
    }

    /// When it was begun, in milliseconds since the Unix epoch.
    pub fn created_at(&self) -> u64 {
        self.0.integer("created_at").unwrap_or_default()
    }

    /// Where its user goes afterwards: a path of this origin, whatever the store has made of it.
    pub fn return_to(&self) -> &str {
        self.0.text("return_to").filter(|path| is_local_path(path)).unwrap_or("/")
    }

    /// Whether it was begun under `binding`.
    pub fn is_bound_to(&self, binding: Option<&str>) -> bool {
        self.0.text("binding") == binding.map(digest).as_deref()
    }

    /// Whether its response was used before.
    pub fn is_used(&self) -> bool {
        self.0.member("used_at").is_some()
    }

    /// The form in which it is stored.
    pub fn to_text(&self) -> Secret {
        Secret::new(self.0.to_text())
    }

    /// The form in which it stays in the store once it is used, so that a response which comes a second time is
    /// told from one that was never asked for: whose it was and where it led, and nothing that is secret. `now`
    /// is milliseconds since the Unix epoch.
    pub fn to_tombstone(&self, now: u64) -> String {
        let mut tombstone = Json::empty();
        // First, as `created_at` is in a transaction.
        tombstone.set("used_at", Json::from(now));
        tombstone.set("created_at", Json::from(self.created_at()));
        tombstone.set("v", Json::from(1));
        for name in ["server", "client_id", "redirect_uri", "response_mode", "binding", "return_to"] {
            tombstone.set_text(name, self.0.text(name));
        }
        tombstone.to_text()
    }

    /// Reads the stored form. `None` where it is none: another version's, or garbage.
    pub fn from_text(text: &str) -> Option<Self> {
        let transaction = Self(SecretObject::parse(text.as_bytes())?);
        let is_whole = transaction.0.integer("v") == Some(1)
            && transaction.0.integer("created_at").is_some()
            && (transaction.is_used() || transaction.0.text("state").is_some())
            && ["server", "client_id"].iter().all(|name| transaction.0.text(name).is_some());
        is_whole.then_some(transaction)
    }
}
