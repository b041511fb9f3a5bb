//! Demonstrating Proof of Possession (RFC 9449): access tokens that nobody can use without a key, and the proofs of that key.
//! Each request carries a proof.
//!
//! The host has the key and signs. This module decides the content of a proof, its nonce, and which answer demands another
//! nonce.

use core::fmt;

use super::authorization::{AuthorizationRequest, Transaction};
use super::error::{Error, OAuthError, USE_DPOP_NONCE};
pub use super::http::Nonce;
use super::http::{Request, Response};
use super::json::Json;
use super::jws::UnsignedJws;
use super::pkce::digest;
use super::public_key::PublicKey;
use super::secret::Secret;
use super::token::{CodeExchange, TokenSet, TokenType, refreshed_of_type};
use super::url::{Url, append_parameter};

/// The longest nonce that is accepted. No server needs a longer one.
const LONGEST_NONCE: usize = 1024;

/// How many servers are remembered: the authorization server, and some APIs.
const MAX_SERVERS: usize = 16;

/// The content of one proof (§4.2).
pub struct Proof<'a> {
    /// The key that signs it.
    pub key: &'a PublicKey,
    /// The name of the algorithm with which it signs.
    pub algorithm: &'a str,
    /// The method of the proof's request.
    pub method: &'a str,
    /// The URL of that request. Query and fragment are left out (`htu`).
    pub url: &'a Url,
    /// The access token of that request, if it carries one (`ath`).
    pub access_token: Option<&'a Secret>,
    /// The nonce that the server sent last, if it sent one (§8).
    pub nonce: Option<&'a str>,
    /// Unguessable, and different each time (`jti`).
    pub id: &'a str,
    /// Milliseconds since the Unix epoch.
    pub now: u64,
}

impl Proof<'_> {
    /// The proof, which the caller signs.
    pub fn unsigned(&self) -> UnsignedJws {
        let mut header = Json::empty();
        header.set_text("typ", Some("dpop+jwt"));
        header.set_text("alg", Some(self.algorithm));
        header.set("jwk", self.key.jwk().clone());
        let mut claims = Json::empty();
        claims.set_text("jti", Some(self.id));
        claims.set_text("htm", Some(self.method));
        claims.set_text("htu", Some(&target(self.url)));
        claims.set("iat", Json::from(self.now / 1000));
        claims.set_text("ath", self.access_token.map(|token| digest(token.expose())).as_deref());
        claims.set_text("nonce", self.nonce);
        UnsignedJws::new(&header, &claims)
    }
}

/// Redacted: it contains a token and a nonce.
impl fmt::Debug for Proof<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Proof(…)")
    }
}

/// The URL of a request without its query, its fragment (§4.2), and the parts that a browser would remove.
fn target(url: &Url) -> String {
    let mut target = url.origin();
    target.push_str(url.path());
    target
}

impl Request {
    /// Adds a signed proof (§4.1).
    #[must_use]
    pub fn with_proof(mut self, proof: Secret) -> Self {
        self.headers.push(("dpop".into(), proof.into_exposed()));
        self
    }

    /// Adds an access token that is bound to a key (§7.1).
    #[must_use]
    pub fn with_bound_token(mut self, token: &Secret) -> Self {
        let mut field = String::from("DPoP ");
        field.push_str(token.expose());
        self.headers.push(("authorization".into(), field));
        self
    }

    /// The same request, to send it once more with another proof.
    #[must_use]
    pub fn copied(&self) -> Self {
        let body = self.body.as_ref().map(|body| Secret::new(body.expose().into()));
        Self { purpose: self.purpose, url: self.url.clone(), headers: self.headers.clone(), body }
    }
}

impl AuthorizationRequest {
    /// Binds the code to a key (§10): the server refuses the code from a client with another key.
    #[must_use]
    pub fn bound_to(mut self, key: &PublicKey) -> Self {
        append_parameter(&mut self.url, "dpop_jkt", Some(key.thumbprint()));
        self.transaction.0.set_text("dpop_jkt", Some(key.thumbprint()));
        self
    }
}

impl Transaction {
    /// The thumbprint of the key to which the code will be bound, if there is one.
    pub fn key_thumbprint(&self) -> Option<&str> {
        self.0.text("dpop_jkt")
    }
}

impl CodeExchange {
    /// The thumbprint of the key to which the code is bound, if there is one.
    pub fn key_thumbprint(&self) -> Option<&str> {
        self.0.text("dpop_jkt")
    }

    /// Reads the answer to a token request with a proof.
    ///
    /// # Errors
    /// Those of [`finish`](Self::finish); `token_response_malformed` if the token `must_be_bound` and is not.
    pub fn finish_with_proof(&self, response: &Response, must_be_bound: bool) -> Result<TokenSet, Error> {
        check_bound(self.finish_of_type(response, of_name)?, must_be_bound)
    }
}

/// Reads the answer to a refresh request with a proof.
///
/// # Errors
/// Those of [`refreshed`](super::token::refreshed); `token_response_malformed` if the token `must_be_bound` and is not.
pub fn refreshed_with_proof(response: &Response, must_be_bound: bool) -> Result<TokenSet, Error> {
    check_bound(refreshed_of_type(response, of_name)?, must_be_bound)
}

fn of_name(name: &str) -> Option<TokenType> {
    if name.eq_ignore_ascii_case("dpop") { Some(TokenType::DPoP) } else { TokenType::bearer(name) }
}

/// A server may ignore the proof and issue a token that anybody can use (§5). The client decides whether it accepts that token.
fn check_bound(tokens: TokenSet, must_be_bound: bool) -> Result<TokenSet, Error> {
    let is_unbound = tokens.token_type != TokenType::DPoP;
    if must_be_bound && is_unbound { Err(Error::malformed_tokens("its token_type is not DPoP")) } else { Ok(tokens) }
}

/// Whether an answer of the authorization server demands the same request with the nonce that came with it (§8). The nonce must
/// differ from the one that was `sent` in the proof, because the server could otherwise demand it for ever.
pub fn asks_for_nonce(response: &Response, sent: Option<&str>) -> bool {
    let oauth = response.json_object().as_ref().and_then(OAuthError::from_members);
    is_another(&response.dpop_nonce, sent) && oauth.is_some_and(|oauth| oauth.error == USE_DPOP_NONCE)
}

/// The same for the `WWW-Authenticate` field of an API's 401 (§9), and the nonce that came with it.
pub fn challenge_asks_for_nonce(www_authenticate: &str, nonce: &Nonce, sent: Option<&str>) -> bool {
    let mut words = www_authenticate.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    is_another(nonce, sent) && words.any(|word| word == USE_DPOP_NONCE)
}

/// The same for an API whose challenges the client does not read, and whose requests change nothing: a 401 that brings another
/// nonce.
pub fn refusal_brings_nonce(response: &Response, sent: Option<&str>) -> bool {
    response.status == 401 && is_another(&response.dpop_nonce, sent)
}

fn is_another(nonce: &Nonce, sent: Option<&str>) -> bool {
    usable(nonce).is_some_and(|nonce| sent != Some(nonce))
}

/// The nonces that servers sent last, each for the next proof (§8.2). A server is an origin: the authorization server and an
/// API have nonces of their own.
#[derive(Default)]
pub struct Nonces(Vec<(String, String)>);

impl Nonces {
    /// The nonce for the next proof for `url`, if the server sent one.
    pub fn of(&self, url: &Url) -> Option<&str> {
        let origin = url.origin();
        self.0.iter().find(|(server, _)| *server == origin).map(|(_, nonce)| nonce.as_str())
    }

    /// Remembers the nonce that came with an answer from `url`, if one did.
    pub fn remember(&mut self, url: &Url, nonce: &Nonce) {
        let Some(nonce) = usable(nonce) else { return };
        let origin = url.origin();
        self.0.retain(|(server, _)| *server != origin);
        if self.0.len() == MAX_SERVERS {
            self.0.remove(0);
        }
        self.0.push((origin, nonce.into()));
    }
}

/// Redacted: nonces must not show.
impl fmt::Debug for Nonces {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Nonces(…)")
    }
}

/// The nonce, if it is a valid one (§8.1).
fn usable(nonce: &Nonce) -> Option<&str> {
    let is_character = |byte: u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    nonce.as_deref().filter(|nonce| (1..=LONGEST_NONCE).contains(&nonce.len()) && nonce.bytes().all(is_character))
}
