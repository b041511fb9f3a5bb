//! Authorization server metadata (RFC 8414, OpenID Connect Discovery 1.0): where it is, and what makes it
//! acceptable.

use super::error::Error;
use super::http::Response;
use super::json::Json;
use super::shape::{Kind, Shape};
use super::text::has;
use super::url::{Url, is_plain};

const METADATA: Shape = Shape {
    prefix: "",
    members: &[
        (Kind::Text, "issuer"),
        (
            Kind::Endpoint,
            "authorization_endpoint token_endpoint jwks_uri userinfo_endpoint end_session_endpoint revocation_endpoint \
             pushed_authorization_request_endpoint",
        ),
        (Kind::Flag, "require_pushed_authorization_requests authorization_response_iss_parameter_supported"),
        (
            Kind::List,
            "id_token_signing_alg_values_supported userinfo_signing_alg_values_supported dpop_signing_alg_values_supported code_challenge_methods_supported",
        ),
    ],
    is_open: true,
    error: Error::metadata,
};

/// What is known of an authorization server. Every member that this client may use has been checked;
/// members that it does not know are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerMetadata(Json);

impl ServerMetadata {
    /// Checks `json`, an object of the members that RFC 8414 §2 registers.
    ///
    /// # Errors
    /// `invalid_metadata`, naming the first member that cannot be used.
    pub fn new(json: Json) -> Result<Self, Error> {
        METADATA.check(&json).map(|()| Self(json))
    }

    /// Reads one answer to a discovery request. `Ok(None)` where there is no metadata at this place: the
    /// next place may have it.
    ///
    /// # Errors
    /// `invalid_metadata` where there is metadata, but of another issuer (RFC 8414 §3.3), or one that
    /// cannot be used.
    pub fn from_discovery(response: &Response, issuer: &str) -> Result<Option<Self>, Error> {
        let Some(json) = (response.status == 200).then(|| response.json_object()).flatten() else {
            return Ok(None);
        };
        Self::of_issuer(json, issuer).map(Some)
    }

    /// Checks `json` and that it names exactly `issuer` (RFC 8414 §3.3).
    ///
    /// # Errors
    /// `invalid_metadata`.
    pub fn of_issuer(json: Json, issuer: &str) -> Result<Self, Error> {
        if json.text("issuer") != Some(issuer) {
            return Err(Error::metadata("issuer", "is not exactly the configured issuer"));
        }
        Self::new(json)
    }

    /// Lays the members of `by_hand` over these.
    pub fn overlay(&mut self, by_hand: &Json) {
        for (name, value) in by_hand.members() {
            self.0.set(name, value.clone());
        }
    }

    pub(crate) fn set_issuer(&mut self, issuer: &str) {
        self.0.set("issuer", Json::String(issuer.into()));
    }

    /// All members.
    pub fn as_json(&self) -> &Json {
        &self.0
    }

    /// The member `name`, where it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.text(name)
    }

    /// Whether the member `name` is `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.0.is_true(name)
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> Option<&str> {
        self.text("issuer")
    }

    /// An endpoint that must be there.
    ///
    /// # Errors
    /// `invalid_metadata` where it is not.
    pub fn endpoint(&self, name: &str) -> Result<&str, Error> {
        self.text(name).ok_or_else(|| Error::metadata(name, "is missing"))
    }

    /// What tells this server from others: its issuer, or where it has none, its authorization endpoint.
    pub fn identity(&self) -> &str {
        self.issuer().or_else(|| self.text("authorization_endpoint")).unwrap_or_default()
    }

    /// Whether the server is known not to do PKCE with `S256`.
    pub fn lacks_s256(&self) -> bool {
        let methods = self.0.member("code_challenge_methods_supported");
        methods.is_some_and(|methods| !methods.items().iter().any(|method| method.as_str() == Some("S256")))
    }
}

/// The places where the metadata of `issuer` may be, in the order in which they are tried: OpenID Connect
/// Discovery §4 appends to the issuer; RFC 8414 §3.1 inserts before its path, and some servers append there
/// as well.
///
/// # Errors
/// `invalid_config` where `issuer` is no issuer identifier: an `https:` URL (or `http:` on loopback) with
/// neither query nor fragment (RFC 8414 §2).
pub fn discovery_urls(issuer: &str) -> Result<Vec<String>, Error> {
    let is_issuer =
        |url: &Url| is_plain(issuer) && url.is_confidential() && !url.has_credentials() && !has(issuer, '?') && !has(issuer, '#');
    let url = Url::parse(issuer).filter(is_issuer);
    let url = url.ok_or_else(|| Error::config("issuer", "is not an https URL without query and fragment"))?;
    const OPENID: &str = "/.well-known/openid-configuration";
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    let path = url.path().strip_suffix('/').unwrap_or(url.path());
    let place = |parts: [&str; 2]| parts.into_iter().fold(url.origin(), |place, part| place + part);
    let mut places = vec![place([path, OPENID]), place([OAUTH, path])];
    if !path.is_empty() {
        places.push(place([path, OAUTH]));
    }
    Ok(places)
}
