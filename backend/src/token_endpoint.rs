//! [`TokenEndpoint`]: the token request, its answer, and what each way to fail means to page and operator.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use url::{Url, form_urlencoded};
use wicketgate::protocol::error::{Error, ErrorKind, OAuthError};
use wicketgate::protocol::http::Request;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{ClientAuthentication, CodeExchange, TokenSet};

use crate::authorization_server::{AuthorizationServer, Setting, failed, unacceptable, unusable};
use crate::configuration::ClientAuthenticationMethod;
use crate::failure::Failure;

const SETTING: Setting = "WICKETGATE_TOKEN_ENDPOINT (token_endpoint)";

pub(crate) struct TokenEndpoint {
    pub(crate) server: Arc<AuthorizationServer>,
    pub(crate) url: Url,
    pub(crate) client_secret: Secret,
    pub(crate) client_authentication: ClientAuthenticationMethod,
}

impl TokenEndpoint {
    /// Redeems a code. Once: whatever happens, the code is spent.
    pub(crate) async fn redeem(&self, exchange: &CodeExchange) -> Result<TokenSet, Failure> {
        let authentication = match self.client_authentication {
            ClientAuthenticationMethod::Form => ClientAuthentication::SecretPost(&self.client_secret),
            ClientAuthenticationMethod::Basic => ClientAuthentication::SecretBasic(&self.client_secret),
        };
        let request = exchange.request(self.url.as_str(), &authentication);
        let said = Said::in_request(&request, &self.client_secret);
        let response = self.server.send(request, SETTING).await?;
        exchange.finish(&response).map_err(|error| failure(&error, response.status, &said))
    }
}

fn failure(error: &Error, status: u16, said: &Said) -> Failure {
    let oauth = error.oauth().and_then(|oauth| said.removed_from(oauth));
    let cause = match &oauth {
        Some(oauth) => format!("status {status}, {}", oauth.error),
        None => format!("status {status}, {}", error.message()),
    };
    let failure = failed(status, SETTING).unwrap_or_else(|| match (status, oauth) {
        (_, Some(oauth)) => refused(oauth),
        // There are tokens, but not the one that says who logged in.
        (_, None) if matches!(error.kind(), ErrorKind::IdTokenInvalid(_)) => unacceptable(error),
        (200, None) => unusable("The authorization server's answer cannot be used.", SETTING),
        (_, None) => unusable("The authorization server refused the token request without saying why.", SETTING),
    });
    failure.because(cause)
}

/// The server's own refusal. It is the page's only where a new login can mend it.
fn refused(oauth: OAuthError) -> Failure {
    let (status, hint) = match oauth.error.as_str() {
        "invalid_grant" => (
            StatusCode::BAD_REQUEST,
            "Let the user log in again; if it is frequent, compare redirect URIs, and look for pages that send a code twice.",
        ),
        "invalid_client" => (
            StatusCode::BAD_GATEWAY,
            "Correct WICKETGATE_CLIENT_SECRET (client_secret) or WICKETGATE_CLIENT_AUTHENTICATION (client_authentication): the server did not accept them.",
        ),
        "unauthorized_client" => (StatusCode::BAD_GATEWAY, "Allow this client the authorization code grant at the server."),
        _ => (StatusCode::BAD_GATEWAY, "Compare the client's registration at the server with the configuration."),
    };
    let description = oauth.error_description.unwrap_or_else(|| "The authorization server refused the token request.".into());
    Failure { error: oauth.error.into(), description: description.into(), ..Failure::new(status, "", "", hint) }
}

/// What the request said that nobody else may hear: a server that repeats it in an error is not passed on.
struct Said(Vec<Secret>);

impl Said {
    fn in_request(request: &Request, client_secret: &Secret) -> Self {
        let mut said = vec![Secret::new(client_secret.expose().into())];
        let is_secret = |name: &str| matches!(name, "client_secret" | "code" | "code_verifier");
        let form = request.body.as_ref().map_or("", Secret::expose);
        // As it was before it was encoded, and as it was sent.
        said.extend(
            form_urlencoded::parse(form.as_bytes())
                .filter(|(name, _)| is_secret(name))
                .map(|(_, value)| Secret::new(value.into())),
        );
        let sent = form.split('&').filter_map(|field| field.split_once('=')).filter(|(name, _)| is_secret(name));
        said.extend(sent.map(|(_, value)| Secret::new(value.into())));
        let authorization = request.headers.iter().filter(|(name, _)| name == header::AUTHORIZATION.as_str());
        let credentials = authorization.filter_map(|(_, value)| value.split_once(' '));
        said.extend(credentials.map(|(_, credentials)| Secret::new(credentials.into())));
        Self(said)
    }

    /// What is left of `oauth`; nothing where already its `error` repeats something.
    fn removed_from(&self, oauth: &OAuthError) -> Option<OAuthError> {
        let is_fit = |text: &String| !self.0.iter().any(|secret| text.contains(secret.expose()));
        let error = Some(oauth.error.clone()).filter(is_fit)?;
        Some(OAuthError { error, error_description: oauth.error_description.clone().filter(is_fit), error_uri: None })
    }
}
