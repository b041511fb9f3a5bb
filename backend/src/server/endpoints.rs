//! [`Endpoints`]: the server's other endpoints. Those that the operator set win over the issuer's metadata.

use std::sync::Arc;

use axum::http::StatusCode;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::metadata::ServerMetadata;

use super::authorization_server::unacceptable;
use super::issuer::Issuer;
use crate::failure::Failure;

pub(crate) struct Endpoints {
    /// By their names in metadata (RFC 8414 §2).
    pub(crate) by_hand: Json,
    pub(crate) issuer: Option<Arc<Issuer>>,
}

impl Endpoints {
    /// The server's metadata, with the operator's endpoints.
    pub(crate) async fn metadata(&self) -> Result<ServerMetadata, Failure> {
        let mut metadata = match &self.issuer {
            Some(issuer) => issuer.metadata().await?,
            None => ServerMetadata::new(Json::empty()).map_err(|error| unacceptable(&error))?,
        };
        metadata.overlay(&self.by_hand);
        Ok(metadata)
    }

    /// The endpoint `name`, if the server has one and its metadata are available.
    pub(crate) async fn find(&self, name: &str) -> Option<String> {
        if let Some(endpoint) = self.by_hand.text(name) {
            return Some(endpoint.to_owned());
        }
        let metadata = self.metadata().await.inspect_err(|failure| failure.log("request for metadata")).ok()?;
        metadata.text(name).map(str::to_owned)
    }
}

/// The failure of a login that cannot begin.
pub(crate) fn cannot_begin(error: &Error) -> Failure {
    let hint = "Set WICKETGATE_AUTHORIZATION_ENDPOINT (authorization_endpoint), or WICKETGATE_ISSUER (issuer) of a server with metadata.";
    Failure { description: error.summary().into(), ..Failure::new(StatusCode::BAD_GATEWAY, "server_error", "", hint) }
}
