//! A client that authenticates with a key of its own: `private_key_jwt` (RFC 7521 §4.2, RFC 7523 §2.2 and §3, OpenID Connect
//! Core §9).

use super::http::Request;
use super::json::Json;
use super::jws::UnsignedJws;
use super::secret::Secret;
use super::url::append_parameter;

/// How long an assertion is valid, in seconds. It is made for one request, and a clock may be slow.
const LIFETIME: u64 = 60;

/// The content of an assertion.
#[derive(Debug)]
pub struct ClientAssertion<'a> {
    /// The client, which makes a statement about itself (RFC 7523 §3, 1 and 2.B).
    pub client_id: &'a str,
    /// The server that may accept the assertion: its issuer identifier; some servers accept only the URL of their token
    /// endpoint (RFC 7523 §3, 3).
    pub audience: &'a str,
    /// The name of the algorithm that will sign it.
    pub algorithm: &'a str,
    /// The `kid` under which the server knows the key.
    pub key_id: &'a str,
    /// Unguessable, and different each time: a server accepts each assertion once (RFC 7523 §3, 7).
    pub id: &'a str,
    /// Milliseconds since the Unix epoch.
    pub now: u64,
}

impl ClientAssertion<'_> {
    /// The assertion, which the caller signs.
    pub fn unsigned(&self) -> UnsignedJws {
        let mut header = Json::empty();
        header.set_text("alg", Some(self.algorithm));
        header.set_text("kid", Some(self.key_id));
        let issued_at = self.now / 1000;
        let mut claims = Json::empty();
        claims.set_text("iss", Some(self.client_id));
        claims.set_text("sub", Some(self.client_id));
        // One string, never an array: one of several servers could use the token at another.
        claims.set_text("aud", Some(self.audience));
        claims.set_text("jti", Some(self.id));
        claims.set("iat", Json::from(issued_at));
        claims.set("exp", Json::from(issued_at.saturating_add(LIFETIME)));
        UnsignedJws::new(&header, &claims)
    }
}

impl Request {
    /// Adds a signed assertion to a form (RFC 7521 §4.2) that already names the client.
    #[must_use]
    pub fn with_client_assertion(mut self, assertion: &Secret) -> Self {
        let mut form = self.body.take().map(Secret::into_exposed).unwrap_or_default();
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        append_parameter(&mut form, "client_assertion_type", Some(kind));
        append_parameter(&mut form, "client_assertion", Some(assertion.expose()));
        self.body = Some(Secret::new(form));
        self
    }
}
