//! The UserInfo endpoint (OpenID Connect Core §5.3): claims about who is logged in, asked for with the access token.

use super::error::{Error, ErrorKind, Flaw};
use super::http::{Purpose, Request, Response};
use super::json::Json;
use super::jws::{Jws, VerifiedJws};
use super::secret::Secret;

/// The request (RFC 6750 §2.1: the token in the header, never in the URL).
pub fn request(endpoint: &str, access_token: &Secret) -> Request {
    let mut request = Request::get(Purpose::UserInfo, endpoint.into());
    let mut authorization = String::from("Bearer ");
    authorization.push_str(access_token.expose());
    request.headers.push(("authorization".into(), authorization));
    request
}

/// What the endpoint answered with.
#[derive(Debug)]
pub enum Answer {
    /// Claims as JSON.
    Claims(Json),
    /// Claims as a signed token, not believed yet.
    Signed(Jws),
}

/// Reads the answer.
///
/// # Errors
/// `userinfo_invalid`.
pub fn answer(response: &Response) -> Result<Answer, Error> {
    if response.status != 200 {
        return Err(ErrorKind::UserinfoInvalid { flaw: Flaw::of("", "it refuses"), status: response.status }.into());
    }
    if response.is_of_type("jwt") {
        let token = core::str::from_utf8(&response.body).unwrap_or_default();
        return Jws::parse(token).map(Answer::Signed).map_err(Error::userinfo);
    }
    let claims = response.json_object().ok_or(Flaw::of("", "it is neither a JSON object nor a signed token"));
    claims.map(Answer::Claims).map_err(Error::userinfo)
}

/// The claims of a signed answer (§5.3.2): where it says from and for whom it is, it is from this server and for this
/// client.
///
/// # Errors
/// `userinfo_invalid`.
pub fn signed_claims(token: VerifiedJws, issuer: &str, client_id: &str) -> Result<Json, Error> {
    let is_ours = |value: &Json| value.as_str() == Some(client_id);
    let flaw = if token.payload.member("iss").is_some_and(|value| value.as_str() != Some(issuer)) {
        Flaw::of("iss", "is not the configured issuer")
    } else if token.payload.member("aud").is_some_and(|value| !value.items().iter().any(is_ours)) {
        Flaw::of("aud", "does not have this client")
    } else {
        return Ok(token.payload);
    };
    Err(Error::userinfo(flaw))
}

/// Checks that `claims` are about `subject`, that of the ID token (§5.3.4), and gives them out.
///
/// # Errors
/// `userinfo_invalid`.
pub fn claims(claims: Json, subject: Option<&str>) -> Result<Json, Error> {
    if subject.is_none() || claims.text("sub") != subject {
        return Err(Error::userinfo(Flaw::of("sub", "is not the one of the ID token")));
    }
    Ok(claims)
}
