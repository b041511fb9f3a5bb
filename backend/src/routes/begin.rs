//! `POST /auth/begin`: the page begins a login whose code it will hand over.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wicketgate::protocol::authorization::is_openid;
use wicketgate::protocol::pkce::code_challenge;

use super::body::json_body;
use super::page_request::{Expected, PageRequest};
use crate::backend::Backend;
use crate::configuration::Wish;
use crate::failure::{Failure, json_answer};
use crate::login::{Pending, Way};
use crate::origin::same_origin;
use crate::seal::random;

/// The page's data about the login. Digests are SHA-256, in base64url.
#[derive(Deserialize)]
struct Begin {
    client_id: String,
    state_digest: String,
    redirect_uri: Option<String>,
    scope: Option<String>,
    max_age: Option<u64>,
    acr: Option<Box<RawValue>>,
    binding_digest: Option<String>,
    /// The parameters of the authorization request, form-encoded, if this backend is to push it.
    request: Option<String>,
}

/// The data for the authorization request.
#[derive(Serialize)]
struct Begun<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    code_challenge: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_challenge_method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_uri: Option<&'a str>,
}

pub(crate) async fn begin(State(backend): State<Arc<Backend>>, request: Request) -> Result<Response, Failure> {
    remember(&backend, request).await.inspect_err(|failure| failure.log("begin of a login"))
}

async fn remember(backend: &Backend, request: Request) -> Result<Response, Failure> {
    same_origin::check_with_custom_header(request.headers(), &backend.origins)?;
    let (headers, body) = json_body(request, "begin of a login", backend.timeout).await?;
    let said: Begin = serde_json::from_slice(&body).map_err(|_| {
        Failure::invalid_request(
            "The body is not an object with client_id and state_digest, and with members of the documented types.",
        )
    })?;
    let is_openid = said.scope.as_deref().is_some_and(is_openid);
    check(&said, is_openid, backend)?;
    let page_request = match &said.request {
        Some(form) => Some(PageRequest::read(form, &said.as_expected(), backend)?),
        None if backend.par == Wish::Always => return Err(not_told()),
        None => None,
    };

    let code_verifier = if backend.pkce { Some(random().ok_or_else(Failure::internal)?) } else { None };
    let with_nonce = is_openid && backend.issuer.is_some();
    let nonce = if with_nonce { Some(random().ok_or_else(Failure::internal)?) } else { None };
    let code_challenge = code_verifier.as_ref().map(code_challenge);
    let mut begun = Begun {
        code_challenge: code_challenge.as_deref(),
        code_challenge_method: code_challenge.as_deref().map(|_| "S256"),
        nonce: nonce.as_ref().map(|nonce| nonce.expose()),
        request_uri: None,
    };
    let reference = match page_request {
        Some(request) => Some(request.push(begun.nonce, begun.code_challenge, backend).await?),
        None => None,
    };
    if reference.is_some() {
        begun = Begun { request_uri: reference.as_deref(), code_challenge: None, code_challenge_method: None, nonce: None };
    }
    let answer = serde_json::to_string(&begun).map_err(|_| Failure::internal())?;
    let pending = Pending {
        state_digest: said.state_digest,
        begun_at: backend.clock.now().as_secs(),
        code_verifier: code_verifier.map(|verifier| verifier.into_exposed()),
        nonce: nonce.map(|nonce| nonce.into_exposed()),
        redirect_uri: said.redirect_uri,
        scope: said.scope,
        max_age: said.max_age,
        acr: said.acr,
        binding: said.binding_digest,
        ..Pending::default()
    };
    let cookies = backend.pending.remember(Way::HandOff, &pending, &headers).ok_or_else(Failure::internal)?;
    Ok((AppendHeaders(cookies), json_answer(StatusCode::OK, answer)).into_response())
}

impl Begin {
    fn as_expected(&self) -> Expected<'_> {
        Expected {
            state_digest: &self.state_digest,
            redirect_uri: self.redirect_uri.as_deref(),
            scope: self.scope.as_deref(),
            max_age: self.max_age,
        }
    }
}

/// The page does not know that requests must be pushed.
fn not_told() -> Failure {
    let hint = "Set par of the page's client to always, or WICKETGATE_PAR (par) to auto.";
    let description = "request is missing, which this backend is to push: WICKETGATE_PAR (par) is always.";
    Failure::new(StatusCode::BAD_REQUEST, "invalid_request", description, hint)
}

fn check(said: &Begin, is_openid: bool, backend: &Backend) -> Result<(), Failure> {
    let refused = |description: &'static str| Err(Failure::invalid_request(description));
    if said.client_id != backend.client_id {
        return refused("client_id is not the one of this backend.");
    }
    if backend.redirect_uri.as_ref().zip(said.redirect_uri.as_ref()).is_some_and(|(own, said)| own != said) {
        return refused("redirect_uri is not the one of this backend.");
    }
    if !is_digest(&said.state_digest) {
        return refused("state_digest is not a SHA-256 in base64url.");
    }
    if said.binding_digest.as_ref().is_some_and(|digest| !is_digest(digest)) {
        return refused("binding_digest is not a SHA-256 in base64url.");
    }
    if backend.requires_id_token && !is_openid {
        return refused("scope does not have openid, which every login here must have.");
    }
    if (said.max_age.is_some() || said.acr.is_some()) && !(is_openid && backend.issuer.is_some()) {
        return refused("max_age and acr need an ID token: openid in the scope, and an issuer at this backend.");
    }
    if said.acr.as_ref().is_some_and(|acr| !acr.get().starts_with('{')) {
        return refused("acr is not an object.");
    }
    Ok(())
}

/// Whether `text` is 256 bits in base64url.
pub(crate) fn is_digest(text: &str) -> bool {
    let mut bytes = [0; 32];
    Base64UrlUnpadded::decode(text, &mut bytes).is_ok_and(|bytes| bytes.len() == 32)
}
