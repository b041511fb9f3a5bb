//! The ID token (OpenID Connect Core §2, §3.1.3.7, §12.2): the conditions under which the client believes it.
//!
//! The signature comes first: [`validate`] takes a [`VerifiedJws`], and only verification makes one. Then come the steps of
//! §3.1.3.7, in their order and under their numbers. These steps are elsewhere: 1 (the parser refuses encrypted ID tokens,
//! which have five parts), and 6 to 8 (signature, algorithm, no MAC: in [`jws`](super::jws) and [`jwk`](super::jwk)).

use super::error::Flaw;
use super::json::Json;
use super::jws::{Algorithm, VerifiedJws};
use super::metadata::is_issuer;
use super::secret::{base64url, is_equal};

/// The values that an ID token is compared with.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The server's issuer identifier. In the identifier of a server for many tenants, `{tenantid}` stands for the token's
    /// `tid`.
    pub issuer: &'a str,
    /// The client identifier.
    pub client_id: &'a str,
    /// Further audiences that a token without an `azp` may name beside the client: an array of strings.
    pub trusted_audiences: &'a [Json],
    /// The nonce of the authorization request, if the token answers one.
    pub nonce: Option<&'a str>,
    /// `max_age` of the authorization request, in milliseconds.
    pub max_age: Option<u64>,
    /// The claim request for `acr` (OpenID Connect Core §5.5.1), if it was essential.
    pub acr: Option<&'a Json>,
    /// Milliseconds since the Unix epoch.
    pub now: u64,
    /// The accepted difference between the clocks, in milliseconds.
    pub tolerance: u64,
}

/// Validates the claims of an ID token, and returns them.
///
/// # Errors
/// The first problem that the checks find.
pub fn validate(token: VerifiedJws, expected: &Expected<'_>) -> Result<Json, Flaw> {
    let claims = token.payload;
    check(&claims, expected)?;
    Ok(claims)
}

fn check(claims: &Json, expected: &Expected<'_>) -> Result<(), Flaw> {
    check_issuer_and_audience(claims, expected)?;
    // Step 9.
    let expires = date(claims, "exp")?.ok_or_else(|| Flaw::of("exp", "is missing"))?;
    let late = expected.now.saturating_sub(expires);
    if late > expected.tolerance {
        return Err(Flaw::of("exp", "is past, by").by(late));
    }
    // Step 10. `exp` bounds a token that was issued long ago; a token of the future shows a wrong clock.
    date(claims, "iat")?.ok_or_else(|| Flaw::of("iat", "is missing"))?;
    for claim in ["iat", "nbf", "auth_time"] {
        let early = date(claims, claim)?.unwrap_or_default().saturating_sub(expected.now);
        if early > expected.tolerance {
            return Err(Flaw::of(claim, "is in the future, by").by(early));
        }
    }
    // Step 11.
    if let Some(nonce) = expected.nonce {
        let said = claims.member("nonce").ok_or_else(|| Flaw::of("nonce", "is missing"))?;
        if !said.as_str().is_some_and(|said| is_equal(said, nonce)) {
            return Err(Flaw::of("nonce", "is not the one that was sent"));
        }
    }
    // Step 12.
    if let Some(request) = expected.acr {
        let wanted = request.member("values").or(request.member("value"));
        let is_wanted = |acr| wanted.is_none_or(|wanted| wanted.items().iter().any(|value| value.as_str() == Some(acr)));
        if !claims.text("acr").is_some_and(is_wanted) {
            return Err(Flaw::of("acr", "is missing, or not one that was asked for"));
        }
    }
    // Step 13.
    let authenticated = date(claims, "auth_time")?;
    if let Some(max_age) = expected.max_age {
        let oldest = expected.now.saturating_sub(max_age).saturating_sub(expected.tolerance);
        if authenticated.is_none_or(|date| date < oldest) {
            return Err(Flaw::of("auth_time", "is missing, or longer ago than maxAge allows"));
        }
    }
    // §2: at most 255 characters, all of them ASCII. A database may truncate a longer one.
    if claims.text("sub").is_none_or(|subject| subject.is_empty() || subject.chars().count() > 255) {
        return Err(Flaw::of("sub", "is not a string of 1 to 255 characters"));
    }
    Ok(())
}

/// Steps 2 to 5: `iss`, `aud`, `azp`.
pub(super) fn check_issuer_and_audience(claims: &Json, expected: &Expected<'_>) -> Result<(), Flaw> {
    check_issuer(claims, expected)?;
    check_audience(claims, expected)
}

/// Step 2.
fn check_issuer(claims: &Json, expected: &Expected<'_>) -> Result<(), Flaw> {
    let (named, tenant) = (claims.text("iss"), claims.text("tid").unwrap_or_default());
    if named.is_some_and(|named| is_issuer(expected.issuer, named, Some(tenant))) {
        return Ok(());
    }
    Err(Flaw::with_values("iss", "is not the configured issuer", named.unwrap_or_default(), expected.issuer))
}

/// Steps 3 to 5: `aud`, a set, and `azp`.
fn check_audience(claims: &Json, expected: &Expected<'_>) -> Result<(), Flaw> {
    let audience = check_has_client(claims, expected)?;
    let is_ours = |audience: &Json| audience.as_str() == Some(expected.client_id);
    match claims.member("azp") {
        Some(party) if is_ours(party) => Ok(()),
        Some(party) => {
            let found = party.as_str().unwrap_or_default();
            Err(Flaw::with_values("azp", "is another client", found, expected.client_id))
        }
        None if audience.iter().all(|audience| is_ours(audience) || expected.trusted_audiences.contains(audience)) => Ok(()),
        None => {
            let problem = "is missing, and aud has further audiences that trustedAudiences does not name";
            Err(Flaw::with_values("azp", problem, &joined(audience), expected.client_id))
        }
    }
}

/// The audiences, if this client is one of them.
fn check_has_client<'a>(claims: &'a Json, expected: &Expected<'_>) -> Result<&'a [Json], Flaw> {
    let audience = claims.member("aud").map_or(&[][..], Json::items);
    let is_ours = |audience: &Json| audience.as_str() == Some(expected.client_id);
    if !audience.iter().any(is_ours) || audience.iter().any(|audience| audience.as_str().is_none()) {
        return Err(Flaw::with_values("aud", "does not have this client", &joined(audience), expected.client_id));
    }
    Ok(audience)
}

fn joined(texts: &[Json]) -> String {
    let mut all = String::new();
    for text in texts.iter().filter_map(Json::as_str) {
        if !all.is_empty() {
            all.push(',');
        }
        all.push_str(text);
    }
    all
}

/// A `NumericDate` (RFC 7519 §2) in milliseconds: a number that is a date in JavaScript.
pub(super) fn date(claims: &Json, claim: &'static str) -> Result<Option<u64>, Flaw> {
    let Some(value) = claims.member(claim) else { return Ok(None) };
    let millis = value.as_exact_millis().filter(|millis| *millis <= LATEST);
    millis.map(Some).ok_or_else(|| Flaw::of(claim, "is not a date"))
}

/// The end of time in JavaScript, in milliseconds.
const LATEST: u64 = 8_640_000_000_000_000;

/// The size in bits of the hash whose left half is `at_hash`; `None` if the claims do not contain it.
pub fn at_hash_bits(claims: &Json, algorithm: Algorithm) -> Option<u16> {
    claims.member("at_hash").map(|_| algorithm.hash_bits)
}

/// Checks `at_hash` (OpenID Connect Core §3.1.3.6) against `hash`: the hash of the access token, by the algorithm of
/// [`at_hash_bits`].
///
/// # Errors
/// If the ID token belongs to another access token.
pub fn check_at_hash(claims: &Json, hash: &[u8]) -> Result<(), Flaw> {
    let half = hash.get(..hash.len() / 2).unwrap_or_default();
    if claims.text("at_hash") != Some(&base64url(half)) {
        return Err(Flaw::of("at_hash", "does not belong to this access token"));
    }
    Ok(())
}

/// The effect of a refreshed ID token on its session (OpenID Connect Core §12.2).
#[derive(Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The session continues with these claims.
    Claims(Json),
    /// The token is about the same user and odd otherwise: the session continues with the claims that it has.
    Unchanged(Flaw),
    /// The token is about another user, server or client: the session ends.
    Ended(Flaw),
}

/// Compares a refreshed ID token with the claims of the session. The caller ends the session if it cannot verify the token.
///
/// `expected` is what every token of this client is compared with; its times and its nonce do not count. §12.2 demands nothing
/// about the times, and the token endpoint has just answered, so a wrong clock does not end a session.
pub fn refreshed(token: VerifiedJws, before: &Json, expected: &Expected<'_>) -> Refreshed {
    let mut claims = token.payload;
    for claim in ["iss", "sub"] {
        if claims.text(claim).is_none() || claims.text(claim) != before.text(claim) {
            return Refreshed::Ended(Flaw::of(claim, "is not the one of the login"));
        }
    }
    if let Err(flaw) = check_has_client(&claims, expected) {
        return Refreshed::Ended(flaw);
    }
    let nonce = before.text("nonce").filter(|_| claims.member("nonce").is_some());
    let checked = check(&claims, &Expected { nonce, max_age: None, acr: None, tolerance: u64::MAX, ..*expected });
    if let Err(flaw) = checked {
        return Refreshed::Unchanged(flaw);
    }
    let authenticated = |claims| date(claims, "auth_time").ok().flatten();
    if authenticated(&claims).is_some_and(|date| Some(date) < authenticated(before)) {
        return Refreshed::Unchanged(Flaw::of("auth_time", "is before the one of the login"));
    }
    // The next token is also compared with the claims that this token need not repeat.
    for name in ["nonce", "auth_time"] {
        if claims.member(name).is_none() {
            claims.set_copy(name, before.member(name));
        }
    }
    Refreshed::Claims(claims)
}
