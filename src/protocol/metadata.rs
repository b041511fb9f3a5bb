//! Authorization server metadata (RFC 8414, OpenID Connect Discovery 1.0): where it is, and the conditions under which it is
//! accepted.

use super::error::Error;
use super::http::Response;
use super::json::Json;
use super::shape::{Kind, Shape};
use super::text::{cut, has};
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
    lacks: &[],
    is_open: true,
    has_nulls: true,
    error: Error::metadata,
};

/// The words that stand for all tenants in the place of one.
const ALL_TENANTS: [&str; 2] = ["common", "organizations"];

/// The metadata of an authorization server. Every member that this client may use has been checked; members that it does not
/// know are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerMetadata(Json);

impl ServerMetadata {
    /// Checks `json`, an object of the members that RFC 8414 §2 registers. A `null` member counts as absent.
    ///
    /// # Errors
    /// `invalid_metadata`, naming the first member that cannot be used.
    pub fn new(json: Json) -> Result<Self, Error> {
        METADATA.check(&json).map(|()| Self(json))
    }

    /// Reads one answer to a discovery request. `Ok(None)` if there is no metadata at this URL: the next URL may have it.
    ///
    /// # Errors
    /// `invalid_metadata` if there is metadata, but of another issuer (RFC 8414 §3.3), or unusable.
    pub fn from_discovery(response: &Response, issuer: &str) -> Result<Option<Self>, Error> {
        let Some(json) = response.json_object().filter(|_| response.status == 200) else {
            return Ok(None);
        };
        Self::of_issuer(json, issuer).map(Some)
    }

    /// Checks `json` and that it names exactly `issuer` (RFC 8414 §3.3).
    ///
    /// # Errors
    /// `invalid_metadata`.
    pub fn of_issuer(json: Json, issuer: &str) -> Result<Self, Error> {
        let named = json.text("issuer").unwrap_or_default();
        // Microsoft's metadata for all tenants contains a template where the configuration names all of them. A template for one
        // tenant would let all others in.
        let is_for_all = || ALL_TENANTS.iter().any(|all| is_issuer(named, issuer, Some(all)));
        if named != issuer && !is_for_all() {
            let error = Error::metadata("issuer", "is not exactly the configured issuer");
            return Err(error.with_values(named, issuer));
        }
        Self::new(json)
    }

    /// Replaces members by those of `by_hand`, the configured ones.
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

    /// The member `name`, if it is a string.
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

    /// An endpoint that the caller needs.
    ///
    /// # Errors
    /// `invalid_metadata` if the metadata does not contain it.
    pub fn endpoint(&self, name: &str) -> Result<&str, Error> {
        self.text(name).ok_or_else(|| Error::metadata(name, "is missing"))
    }

    /// The value that distinguishes this server from others: its issuer, or its authorization endpoint if it has no issuer.
    pub fn identity(&self) -> &str {
        self.issuer().or_else(|| self.text("authorization_endpoint")).unwrap_or_default()
    }

    /// Whether the metadata says that the server does not support PKCE with `S256`.
    pub fn lacks_s256(&self) -> bool {
        let methods = self.0.member("code_challenge_methods_supported");
        methods.is_some_and(|methods| !methods.items().iter().any(|method| method.as_str() == Some("S256")))
    }
}

/// Whether a token or a response that names `named` comes from `issuer`. In the identifier of a server for many tenants,
/// `{tenantid}` stands for a tenant: for `tenant`, if that is known.
pub(crate) fn is_issuer(issuer: &str, named: &str, tenant: Option<&str>) -> bool {
    let (before, rest) = cut(issuer, '{');
    let Some(after) = rest.and_then(|rest| rest.strip_prefix("tenantid}")) else { return named == issuer };
    let found = named.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap_or_default();
    let is_tenant = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    !found.is_empty() && found.bytes().all(is_tenant) && tenant.is_none_or(|tenant| tenant == found)
}

/// The URLs where the metadata of `issuer` may be, in the order in which the client tries them. OpenID Connect Discovery §4
/// appends to the issuer; RFC 8414 §3.1 inserts before its path, and some servers append there as well.
///
/// # Errors
/// `invalid_config` if `issuer` is not an issuer identifier: an `https:` URL (or `http:` on loopback) with neither query nor
/// fragment (RFC 8414 §2).
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

/// Whether an answer with this `status` says that the server may answer later (RFC 9110 §15.5.9, §15.6; RFC 6585 §4). Any other
/// status says that there is no metadata at this URL.
pub(crate) fn is_outage(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}
