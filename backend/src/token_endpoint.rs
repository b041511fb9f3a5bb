//! [`TokenEndpoint`]: the token request, its answer, and what each way to fail means to page and operator.

use std::error::Error as _;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use url::{Url, form_urlencoded};
use wicketgate::protocol::error::{Error, OAuthError};
use wicketgate::protocol::http::{MAX_BODY, Request, Response};
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{ClientAuthentication, CodeExchange, TokenSet};

use crate::configuration::ClientAuthenticationMethod;
use crate::failure::Failure;

pub(crate) struct TokenEndpoint {
    pub(crate) http: reqwest::Client,
    pub(crate) url: Url,
    pub(crate) client_secret: Secret,
    pub(crate) client_authentication: ClientAuthenticationMethod,
    pub(crate) timeout: Duration,
}

impl TokenEndpoint {
    /// Redeems a code. Once: whatever happens, the code is spent.
    pub(crate) async fn redeem(&self, exchange: CodeExchange) -> Result<TokenSet, Failure> {
        let authentication = match self.client_authentication {
            ClientAuthenticationMethod::Form => ClientAuthentication::SecretPost(&self.client_secret),
            ClientAuthenticationMethod::Basic => ClientAuthentication::SecretBasic(&self.client_secret),
        };
        let request = exchange.request(self.url.as_str(), &authentication);
        let said = Said::in_request(&request, &self.client_secret);
        let response = self.send(request).await?;
        exchange.finish(&response).map_err(|error| failure(&error, response.status, &said))
    }

    async fn send(&self, request: Request) -> Result<Response, Failure> {
        let mut sent = self.http.post(self.url.clone()).timeout(self.timeout);
        for (name, value) in &request.headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| unusable("A header field cannot be sent."))?;
            value.set_sensitive(name == header::AUTHORIZATION.as_str());
            sent = sent.header(name, value);
        }
        let body = request.body.map(Secret::into_exposed).unwrap_or_default();
        let mut answer = sent.body(body).send().await.map_err(no_answer)?;

        let content_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let mut response = Response { status: answer.status().as_u16(), content_type, body: Vec::new() };
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            if response.body.len() + chunk.len() > MAX_BODY {
                return Err(
                    unusable("The authorization server's answer is too large.").because(format!("more than {MAX_BODY} bytes"))
                );
            }
            response.body.extend_from_slice(&chunk);
        }
        Ok(response)
    }
}

/// There was no answer, or not all of it.
fn no_answer(error: reqwest::Error) -> Failure {
    let failure = if error.is_timeout() {
        let hint = "Look at the authorization server, or raise WICKETGATE_TIMEOUT (timeout).";
        let description = "The authorization server did not answer in time.";
        Failure::new(StatusCode::GATEWAY_TIMEOUT, "temporarily_unavailable", description, hint)
    } else {
        let hint =
            "Look whether the authorization server is up, and whether WICKETGATE_TOKEN_ENDPOINT (token_endpoint) is right.";
        let description = "The authorization server cannot be reached.";
        Failure::new(StatusCode::BAD_GATEWAY, "temporarily_unavailable", description, hint)
    };
    failure.because(innermost(&error))
}

/// What the network itself said, without the sentences around it, which may hold addresses.
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| "the connection ended".into(), |cause| cause.to_string().chars().take(256).collect())
}

/// There was an answer, and it is not what RFC 6749 §5 says.
fn unusable(description: &'static str) -> Failure {
    let hint = "Look at what WICKETGATE_TOKEN_ENDPOINT (token_endpoint) answers; RFC 6749 section 5 says what it must.";
    Failure::new(StatusCode::BAD_GATEWAY, "server_error", description, hint)
}

fn failure(error: &Error, status: u16, said: &Said) -> Failure {
    let oauth = error.oauth().and_then(|oauth| said.removed_from(oauth));
    let cause = match &oauth {
        Some(oauth) => format!("status {status}, {}", oauth.error),
        None => format!("status {status}, {}", error.message()),
    };
    let failure = match (status, oauth) {
        // The server cannot do its work now: what it says besides is not about this request.
        (503 | 429, _) => {
            let hint = "The authorization server is overloaded or in maintenance: wait, or ask whoever runs it.";
            let description = "The authorization server cannot serve this now.";
            Failure::new(StatusCode::BAD_GATEWAY, "temporarily_unavailable", description, hint)
        }
        (500.., _) => {
            let description = "The authorization server failed.";
            let hint = "Ask whoever runs the authorization server; its log has more.";
            Failure::new(StatusCode::BAD_GATEWAY, "server_error", description, hint)
        }
        (300..400, _) => {
            let hint = "Set WICKETGATE_TOKEN_ENDPOINT (token_endpoint) to the address that it redirects to, if it is right.";
            Failure::new(StatusCode::BAD_GATEWAY, "server_error", "The authorization server redirects the token request.", hint)
        }
        (_, Some(oauth)) => refused(oauth),
        (200, None) => unusable("The authorization server's answer cannot be used."),
        (_, None) => unusable("The authorization server refused the token request without saying why."),
    };
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
