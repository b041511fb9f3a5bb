//! The ID token (OpenID Connect Core §2, §3.1.3.7, §12.2): what it must say to be believed.
//!
//! Its signature comes first: [`validate`] takes a [`VerifiedJws`], and only verifying makes one. Then the steps of
//! §3.1.3.7, in their order and under their numbers. Those that are not here: 1 (encrypted ID tokens are refused, by
//! their five parts), 6 to 8 (signature, algorithm, no MAC: in [`jws`](super::jws) and [`jwk`](super::jwk)).

use super::error::Flaw;
use super::json::Json;
use super::jws::{Algorithm, VerifiedJws};
use super::secret::{base64url, is_equal};

/// What an ID token is held against.
pub struct Expected<'a> {
    /// The server's issuer identifier.
    pub issuer: &'a str,
    /// The client identifier.
    pub client_id: &'a str,
    /// The nonce of the authorization request, where this is the answer to one.
    pub nonce: Option<&'a str>,
    /// `max_age` of the authorization request, in milliseconds.
    pub max_age: Option<u64>,
    /// The claim request for `acr` (OpenID Connect Core §5.5.1), where it was essential.
    pub acr: Option<&'a Json>,
    /// Milliseconds since the Unix epoch.
    pub now: u64,
    /// By how many milliseconds the clocks may differ.
    pub tolerance: u64,
}

/// Validates the claims of an ID token, and gives them out.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn validate(token: VerifiedJws, expected: &Expected<'_>) -> Result<Json, Flaw> {
    let claims = token.payload;
    check_issuer_and_audience(&claims, expected)?;
    // Step 9.
    let expires = date(&claims, "exp")?.ok_or(Flaw::of("exp", "is missing"))?;
    let late = expected.now.saturating_sub(expires);
    if late > expected.tolerance {
        return Err(Flaw { seconds: Some(late / 1000), ..Flaw::of("exp", "is past, by") });
    }
    // Step 10. A token that was issued long ago is bounded by its `exp`; one of the future shows a wrong clock.
    date(&claims, "iat")?.ok_or(Flaw::of("iat", "is missing"))?;
    for claim in ["iat", "nbf", "auth_time"] {
        let early = date(&claims, claim)?.unwrap_or_default().saturating_sub(expected.now);
        if early > expected.tolerance {
            return Err(Flaw { seconds: Some(early / 1000), ..Flaw::of(claim, "is in the future, by") });
        }
    }
    // Step 11.
    if !expected.nonce.is_none_or(|nonce| claims.text("nonce").is_some_and(|said| is_equal(said, nonce))) {
        return Err(Flaw::of("nonce", "is not the one that was sent"));
    }
    // Step 12.
    if let Some(request) = expected.acr {
        let wanted = request.member("values").or(request.member("value"));
        let is_wanted = |acr| wanted.is_none_or(|wanted| wanted.items().iter().any(|value| value.as_str() == Some(acr)));
        if !claims.text("acr").is_some_and(is_wanted) {
            return Err(Flaw::of("acr", "is not one that was asked for"));
        }
    }
    // Step 13.
    let authenticated = date(&claims, "auth_time")?;
    if let Some(max_age) = expected.max_age {
        let oldest = expected.now.saturating_sub(max_age).saturating_sub(expected.tolerance);
        if authenticated.is_none_or(|date| date < oldest) {
            return Err(Flaw::of("auth_time", "is missing, or longer ago than maxAge allows"));
        }
    }
    // §2: at most 255 characters, all of them ASCII; longer is what a store may cut.
    if claims.text("sub").is_none_or(|subject| subject.is_empty() || subject.chars().count() > 255) {
        return Err(Flaw::of("sub", "is not a text of 1 to 255 characters"));
    }
    Ok(claims)
}

/// Steps 2 to 5: `iss`, `aud`, `azp`.
fn check_issuer_and_audience(claims: &Json, expected: &Expected<'_>) -> Result<(), Flaw> {
    if claims.text("iss") != Some(expected.issuer) {
        return Err(Flaw::of("iss", "is not the configured issuer"));
    }
    let audience = claims.member("aud").map_or(&[][..], Json::items);
    let is_ours = |audience: &Json| audience.as_str() == Some(expected.client_id);
    if !audience.iter().any(is_ours) || audience.iter().any(|audience| audience.as_str().is_none()) {
        return Err(Flaw::of("aud", "does not have this client"));
    }
    match claims.member("azp") {
        Some(party) if !is_ours(party) => Err(Flaw::of("azp", "is another client")),
        None if audience.len() > 1 => Err(Flaw::of("azp", "is missing, with several audiences")),
        Some(_) | None => Ok(()),
    }
}

/// A `NumericDate` (RFC 7519 §2) in milliseconds: a number that a calendar has.
fn date(claims: &Json, claim: &'static str) -> Result<Option<u64>, Flaw> {
    let Some(value) = claims.member(claim) else { return Ok(None) };
    let millis = value.as_millis().filter(|millis| matches!(value, Json::Number(_)) && *millis <= LATEST);
    millis.map(Some).ok_or(Flaw::of(claim, "is no date"))
}

/// The end of time in JavaScript, in milliseconds.
const LATEST: u64 = 8_640_000_000_000_000;

/// The hash that `at_hash` is the left half of.
pub fn at_hash_bits(claims: &Json, algorithm: Algorithm) -> Option<u16> {
    claims.member("at_hash").map(|_| algorithm.hash_bits)
}

/// Checks `at_hash` (OpenID Connect Core §3.1.3.6) against the hash of the access token, as the token's algorithm makes
/// it.
///
/// # Errors
/// Where the ID token came with another access token.
pub fn check_at_hash(claims: &Json, hash: &[u8]) -> Result<(), Flaw> {
    let half = hash.get(..hash.len() / 2).unwrap_or_default();
    if claims.text("at_hash") != Some(&base64url(half)) {
        return Err(Flaw::of("at_hash", "is not of this access token"));
    }
    Ok(())
}

/// Checks that `claims`, of a refreshed ID token, are about the same login as `before` (OpenID Connect Core §12.2).
///
/// # Errors
/// Where they are about another.
pub fn check_refreshed(claims: &Json, before: &Json) -> Result<(), Flaw> {
    for claim in ["iss", "sub", "aud", "nonce", "auth_time", "azp"] {
        let (is, was) = (claims.member(claim), before.member(claim));
        let may_differ = match claim {
            "nonce" => is.is_none(),
            "auth_time" => is.is_none() || was.is_none(),
            _ => false,
        };
        if is != was && !may_differ {
            return Err(Flaw::of(claim, "is not the one of the login"));
        }
    }
    Ok(())
}
