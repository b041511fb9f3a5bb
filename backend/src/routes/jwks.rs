//! `GET /auth/jwks`: the public halves of the client's keys, for a server that checks its assertions by a `jwks_uri` (RFC 7591
//! §2).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::backend::Backend;
use crate::failure::{Failure, json_answer};

pub(crate) async fn jwks(State(backend): State<Arc<Backend>>) -> Result<Response, Failure> {
    let keys = backend.token_endpoint.authentication.keys().ok_or_else(|| {
        let hint = "Set WICKETGATE_CLIENT_KEY (client_key) if the server is to know this client by a key.";
        Failure::new(StatusCode::NOT_FOUND, "not_found", "This backend has no keys of its own.", hint)
    })?;
    Ok(json_answer(StatusCode::OK, keys.published().to_text()))
}
