//! Codes and tokens of a [`FakeProvider`](super::FakeProvider): a code is redeemed once, refresh tokens rotate, and a second
//! use of either ends all tokens of the login.

use core::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::answer::{Failure, Parameters, error, json};
use super::signature::{public_key, signature};
use crate::protocol::http::Response;
use crate::protocol::json::Json;
use crate::protocol::pkce::{code_challenge, sha256};
use crate::protocol::secret::{Secret, base64url};

/// The lifetime of each, in milliseconds.
const CODE: u64 = 60_000;
const ACCESS_TOKEN: u64 = 3_600_000;
const REFRESH_TOKEN: u64 = 86_400_000;

/// A user's consent.
pub(super) struct Grant {
    pub(super) user: Json,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) scope: String,
    /// In milliseconds.
    pub(super) authenticated_at: u64,
    pub(super) is_revoked: Cell<bool>,
}

impl Grant {
    fn has(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|value| value == scope)
    }
}

#[derive(Clone)]
struct Issued {
    grant: Rc<Grant>,
    until: u64,
    is_used: Rc<Cell<bool>>,
}

/// By their text.
#[derive(Default)]
pub(super) struct Tokens {
    issued: RefCell<BTreeMap<String, Issued>>,
}

impl Tokens {
    pub(super) fn code(&self, grant: Grant, now: u64) -> String {
        self.issue("code", &Rc::new(grant), now + CODE)
    }

    /// The token endpoint. `issuer` is the issuer's name and the client's.
    pub(super) fn answer(
        &self,
        form: &Parameters,
        issuer: (&str, &str),
        redirect_uri: &str,
        failure: Option<Failure>,
        now: u64,
    ) -> Response {
        let given = |name: &str| form.get(name).map(String::as_str);
        let refused = || error(400, "invalid_grant");
        let is_refresh = match given("grant_type") {
            Some("authorization_code") => false,
            Some("refresh_token") => true,
            _ => return error(400, "unsupported_grant_type"),
        };
        let kind = if is_refresh { "refresh-token" } else { "code" };
        let name = given(if is_refresh { "refresh_token" } else { "code" });
        let Some(issued) = name.and_then(|name| self.find(kind, name)) else { return refused() };
        let grant = &issued.grant;
        let has_failed = |failures: [Failure; 2]| failure.is_some_and(|failure| failures.contains(&failure));
        if is_refresh && has_failed([Failure::Revoked, Failure::RotationRace]) || issued.is_used.replace(true) {
            // The second client may be the rightful one (RFC 6749 §4.1.2, RFC 9700 §4.14.2), so the grant is revoked.
            grant.is_revoked.set(true);
        }
        let is_late = issued.until <= now || failure == Some(if is_refresh { Failure::Expired } else { Failure::ExpiredCode });
        let verifier = Secret::new(given("code_verifier").unwrap_or_default().into());
        let fits = is_refresh || given("redirect_uri") == Some(redirect_uri) && code_challenge(&verifier) == grant.challenge;
        if grant.is_revoked.get() || is_late || !fits {
            return refused();
        }
        self.tokens(grant, issuer, is_refresh, failure, now)
    }

    fn tokens(&self, grant: &Rc<Grant>, issuer: (&str, &str), is_refresh: bool, failure: Option<Failure>, now: u64) -> Response {
        let access_token = self.issue("access-token", grant, now + ACCESS_TOKEN);
        let mut tokens = Json::empty();
        tokens.set_text("access_token", Some(&access_token));
        tokens.set_text("token_type", Some("Bearer"));
        tokens.set("expires_in", Json::from(ACCESS_TOKEN / 1000));
        tokens.set_text("scope", Some(&grant.scope));
        if grant.has("offline_access") {
            tokens.set_text("refresh_token", Some(&self.issue("refresh-token", grant, now + REFRESH_TOKEN)));
        }
        if grant.has("openid") {
            // A renewed ID token need not contain it (OpenID Connect Core §12.2).
            let nonce = grant.nonce.as_deref().filter(|_| !is_refresh);
            tokens.set_text("id_token", Some(&id_token(grant, issuer, nonce, &access_token, failure, now)));
        }
        json(200, &tokens)
    }

    /// The UserInfo endpoint.
    pub(super) fn user_info(&self, token: &str, failure: Option<Failure>, now: u64) -> Response {
        let is_refused = matches!(failure, Some(Failure::Expired | Failure::Revoked));
        match self.find("access-token", token) {
            Some(issued) if issued.until > now && !issued.grant.is_revoked.get() && !is_refused => json(200, &issued.grant.user),
            _ => error(401, "invalid_token"),
        }
    }

    /// The revocation endpoint. With a refresh token, it revokes all tokens of the login.
    pub(super) fn revoke(&self, token: &str) {
        if let Some(issued) = self.find("refresh-token", token) {
            issued.grant.is_revoked.set(true);
        }
        self.issued.borrow_mut().remove(token);
    }

    fn find(&self, kind: &str, name: &str) -> Option<Issued> {
        self.issued.borrow().get(name).filter(|_| name.starts_with(kind)).cloned()
    }

    /// The token's text begins with its kind, so that a test can search for it in places where it must not occur.
    fn issue(&self, kind: &str, grant: &Rc<Grant>, until: u64) -> String {
        let mut issued = self.issued.borrow_mut();
        let name = format!("{kind}-{}", issued.len() + 1);
        issued.insert(name.clone(), Issued { grant: grant.clone(), until, is_used: Rc::default() });
        name
    }
}

fn id_token(
    grant: &Grant,
    (issuer, client_id): (&str, &str),
    nonce: Option<&str>,
    access_token: &str,
    failure: Option<Failure>,
    now: u64,
) -> String {
    let failed = |name| failure == Some(name);
    let now = now / 1000 - if failed(Failure::Expired) { 2 * ACCESS_TOKEN / 1000 } else { 0 };
    let mut claims = grant.user.clone();
    claims.set_text("iss", Some(issuer));
    claims.set_text("aud", Some(if failed(Failure::WrongAudience) { "another-app" } else { client_id }));
    claims.set_text("nonce", if failed(Failure::WrongNonce) { Some("of another login") } else { nonce });
    claims.set("iat", Json::from(now));
    claims.set("exp", Json::from(now + ACCESS_TOKEN / 1000));
    claims.set("auth_time", Json::from(grant.authenticated_at / 1000));
    let hash = sha256(access_token.as_bytes());
    claims.set_text("at_hash", hash.get(..16).map(base64url).as_deref());
    let header = base64url(br#"{"alg":"ES256","kid":"key-1"}"#);
    let input = header + "." + &base64url(claims.to_text().as_bytes());
    let signed = if failed(Failure::WrongSignature) { &[] } else { input.as_bytes() };
    let signature = signature(&public_key("key-1"), signed).unwrap_or_default();
    input + "." + &base64url(&signature)
}
