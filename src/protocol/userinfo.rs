//! The UserInfo endpoint (OpenID Connect Core §5.3): the client asks it for claims about the user, with the access token.

use super::error::{Error, ErrorKind, Flaw};
use super::http::{Purpose, Request, Response};
use super::json::Json;
use super::jws::{Jws, VerifiedJws};
use super::metadata::is_issuer;
use super::secret::Secret;

/// The request. The token stands in the header, never in the URL (RFC 6750 §2.1).
pub fn request(endpoint: &str, access_token: &Secret) -> Request {
    let mut request = Request::get(Purpose::UserInfo, endpoint.into());
    let mut authorization = String::from("Bearer ");
    authorization.push_str(access_token.expose());
    request.headers.push(("authorization".into(), authorization));
    request
}

/// The answer of the endpoint.
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
        let flaw = Flaw::of("", "the server refused the request");
        return Err(ErrorKind::UserinfoInvalid { flaw, status: response.status }.into());
    }
    if response.is_of_type("jwt") {
        let token = core::str::from_utf8(&response.body).unwrap_or_default();
        return Jws::parse(token).map(Answer::Signed).map_err(Error::userinfo);
    }
    let claims = response.json_object().ok_or_else(|| Flaw::of("", "it is neither a JSON object nor a signed token"));
    claims.map(Answer::Claims).map_err(Error::userinfo)
}

/// The claims of a signed answer (§5.3.2). If the answer contains `iss` or `aud`, they must name this server and this client.
///
/// # Errors
/// `userinfo_invalid`.
pub fn signed_claims(token: VerifiedJws, issuer: &str, client_id: &str) -> Result<Json, Error> {
    let is_ours = |value: &Json| value.as_str() == Some(client_id);
    let tenant = token.payload.text("tid");
    let is_from_issuer = |value: &Json| value.as_str().is_some_and(|named| is_issuer(issuer, named, tenant));
    let flaw = if !token.payload.member("iss").is_none_or(is_from_issuer) {
        Flaw::with_values("iss", "is not the configured issuer", token.payload.text("iss").unwrap_or_default(), issuer)
    } else if token.payload.member("aud").is_some_and(|value| !value.items().iter().any(is_ours)) {
        Flaw::of("aud", "does not have this client")
    } else {
        return Ok(token.payload);
    };
    Err(Error::userinfo(flaw))
}

/// Checks that `claims` are about `subject`, the subject of the ID token (§5.3.4), and returns them.
///
/// # Errors
/// `userinfo_invalid`.
pub fn claims(claims: Json, subject: Option<&str>) -> Result<Json, Error> {
    if subject.is_none() || claims.text("sub") != subject {
        return Err(Error::userinfo(Flaw::of("sub", "is not the one of the ID token")));
    }
    Ok(claims)
}
