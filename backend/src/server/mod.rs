//! The authorization server: its token endpoint, and the check of its ID tokens.

mod authentication;
mod authorization_server;
mod endpoints;
mod issuer;
mod proofs;
mod refusal;
mod token_endpoint;

pub(crate) use authentication::Authentication;
pub(crate) use authorization_server::AuthorizationServer;
pub(crate) use endpoints::{Endpoints, cannot_begin};
pub(crate) use issuer::{Issuer, RefreshedClaims};
pub(crate) use proofs::Proofs;
pub(crate) use token_endpoint::{Granted, TokenEndpoint};
