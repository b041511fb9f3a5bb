//! Redeems a code, and checks who has logged in.

use std::time::Duration;

use wicketgate::protocol::json::Json;
use wicketgate::protocol::token::CodeExchange;

use crate::clock::Clock;
use crate::failure::Failure;
use crate::server::{Granted, Issuer, TokenEndpoint};

/// The result of a redeemed code.
pub(crate) struct Redeemed {
    pub(crate) granted: Granted,
    /// The claims of the ID token, validated.
    pub(crate) claims: Option<Json>,
    /// When the tokens were requested.
    pub(crate) requested_at: Duration,
}

/// Redeems the code of `exchange`. `issuer` must vouch for the user. Without an issuer, nobody does, and an ID token is
/// ignored, because nothing binds it to this login.
pub(crate) async fn redeem(
    exchange: &CodeExchange,
    token_endpoint: &TokenEndpoint,
    issuer: Option<&Issuer>,
    clock: &Clock,
) -> Result<Redeemed, Failure> {
    // Before the request goes out: the backend must never assume a longer lifetime than the server does.
    let requested_at = clock.now();
    let prepare = async {
        Ok(match issuer {
            Some(issuer) => issuer.prepare().await,
            None => Ok(()),
        })
    };
    // The token endpoint's answer comes first: it decides about the code, and if it refuses, nobody waits for keys.
    let (mut granted, prepared) = tokio::try_join!(token_endpoint.redeem(exchange), prepare)?;
    prepared?;
    let claims = match issuer {
        Some(issuer) => Some(issuer.claims(exchange, &granted.tokens, clock.now()).await?),
        None => {
            granted.tokens.id_token = None;
            None
        }
    };
    Ok(Redeemed { granted, claims, requested_at })
}
