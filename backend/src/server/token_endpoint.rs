//! [`TokenEndpoint`]: the requests that carry the client's secret, their answers, and what each failure means for page and
//! operator.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use url::{Url, form_urlencoded};
use wicketgate::protocol::authorization::AuthorizationRequest;
use wicketgate::protocol::confidential::{refresh_request, revocation_request};
use wicketgate::protocol::dpop::{asks_for_nonce, refreshed_with_proof};
use wicketgate::protocol::error::{Error, ErrorKind, OAuthError};
use wicketgate::protocol::http::{Request, Response};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::metadata::ServerMetadata;
use wicketgate::protocol::pushed::PushedRequest;
use wicketgate::protocol::revocation;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{CodeExchange, TokenSet, TokenType, refreshed};
use wicketgate::protocol::url::Url as PlainUrl;

use super::authentication::{Authentication, with};
use super::authorization_server::{AuthorizationServer, Setting, failed, unacceptable, unusable};
use super::endpoints::{Endpoints, cannot_begin};
use super::proofs::{Proofs, Proven};
use super::refusal::is_final;
use crate::configuration::Wish;
use crate::failure::Failure;
use crate::keys::SigningKey;

const SETTING: Setting = "WICKETGATE_TOKEN_ENDPOINT (token_endpoint)";

pub(crate) struct TokenEndpoint {
    pub(crate) server: Arc<AuthorizationServer>,
    pub(crate) url: Url,
    pub(crate) client_id: String,
    pub(crate) authentication: Authentication,
    pub(crate) proofs: Arc<Proofs>,
    pub(crate) endpoints: Arc<Endpoints>,
}

/// The server's grant.
pub(crate) struct Granted {
    pub(crate) tokens: TokenSet,
    /// The thumbprint of the key to which the access token is bound, if there is one.
    pub(crate) bound_to: Option<String>,
}

/// The reason why there are no newer tokens.
pub(crate) struct NotRefreshed {
    /// Whether the server will never accept this refresh token again.
    pub(crate) is_final: bool,
    pub(crate) failure: Failure,
}

impl TokenEndpoint {
    /// Redeems a code. Only once: the code is used up, whatever happens.
    pub(crate) async fn redeem(&self, exchange: &CodeExchange) -> Result<Granted, Failure> {
        let metadata = self.needed_metadata().await;
        let key = match exchange.key_thumbprint() {
            Some(thumbprint) => Some(self.proofs.keys.find(thumbprint).ok_or_else(key_is_gone)?),
            None => metadata.as_ref().and_then(|metadata| self.proofs.key_for(metadata)),
        };
        let secrets = [exchange.code(), exchange.code_verifier()];
        let make = || exchange.request(self.url.as_str(), &self.authentication.of_request());
        let (response, said) = self.send(make, secrets, key, metadata.as_ref(), SETTING).await?;
        let tokens = match key {
            Some(_) => exchange.finish_with_proof(&response, self.must_be_bound()),
            None => exchange.finish(&response),
        };
        let tokens = tokens.map_err(|error| failure(&error, response.status, &said, SETTING))?;
        Ok(Granted::new(tokens, key))
    }

    /// Renews an access token (RFC 6749 §6), which is bound to the key with the thumbprint `bound_to`. The refresh token of a
    /// client that authenticates itself is bound to the client and not to a key (RFC 9449 §5): if the key is gone, the newest
    /// one takes its place.
    pub(crate) async fn refresh(&self, refresh_token: &Secret, bound_to: Option<&str>) -> Result<Granted, NotRefreshed> {
        let keys = &self.proofs.keys;
        let is_bound = bound_to.is_some() || self.must_be_bound();
        let key = bound_to.and_then(|thumbprint| keys.find(thumbprint)).or_else(|| keys.newest()).filter(|_| is_bound);
        let metadata = self.needed_metadata().await;
        let make = || {
            let authentication = self.authentication.of_request();
            refresh_request(self.url.as_str(), &self.client_id, &authentication, refresh_token)
        };
        let sent = self.send(make, [Some(refresh_token.expose()), None], key, metadata.as_ref(), SETTING).await;
        let (response, said) = sent.map_err(|failure| NotRefreshed { is_final: false, failure })?;
        let tokens = match key {
            Some(_) => refreshed_with_proof(&response, self.must_be_bound()),
            None => refreshed(&response),
        };
        let tokens = tokens.map_err(|error| NotRefreshed {
            is_final: is_final(&error),
            failure: failure(&error, response.status, &said, SETTING),
        })?;
        Ok(Granted::new(tokens, key))
    }

    /// Pushes an authorization request (RFC 9126). Its code will be bound to `key` if there is one.
    pub(crate) async fn push(
        &self,
        request: AuthorizationRequest,
        server: &ServerMetadata,
        key: Option<&SigningKey>,
    ) -> Result<PushedRequest, Failure> {
        const SETTING: Setting = "WICKETGATE_PUSHED_AUTHORIZATION_REQUEST_ENDPOINT (pushed_authorization_request_endpoint) or WICKETGATE_ISSUER (issuer)";
        let pushed = request.push(server, &self.authentication.of_request()).map_err(|error| cannot_begin(&error))?;
        let (response, said) = self.send(|| copy(&pushed), [None, None], key, Some(server), SETTING).await?;
        request.pushed(server, &response).map_err(|error| failure(&error, response.status, &said, SETTING))
    }

    /// Revokes `token` at `endpoint` (RFC 7009).
    pub(crate) async fn revoke(&self, endpoint: &str, token: &Secret, hint: &str) -> Result<(), Failure> {
        const SETTING: Setting = "WICKETGATE_REVOCATION_ENDPOINT (revocation_endpoint)";
        let metadata = self.needed_metadata().await;
        let make = || revocation_request(endpoint, &self.client_id, &self.authentication.of_request(), token, hint);
        let (response, _) = self.send(make, [Some(token.expose()), None], None, metadata.as_ref(), SETTING).await?;
        revocation::answer(&response).map_err(|error| {
            let failure = unusable("The authorization server did not revoke a token.", SETTING);
            failed(response.status, SETTING).unwrap_or(failure).because(format!("status {}, {}", response.status, error.code()))
        })
    }

    /// Sends the request that `make` makes, with everything that authenticates the client. Repeats it only if the server says
    /// that it has read only the nonce of the proof (RFC 9449 §8): once, with the nonce that the server demands.
    async fn send(
        &self,
        make: impl Fn() -> Request,
        secrets: [Option<&str>; 2],
        key: Option<&SigningKey>,
        server: Option<&ServerMetadata>,
        setting: Setting,
    ) -> Result<(Response, Said), Failure> {
        let supported = server.and_then(|server| server.as_json().member("token_endpoint_auth_signing_alg_values_supported"));
        let first = self.send_once(&make, secrets, key, supported, setting).await?;
        match first.sent {
            Some(Proven { nonce, .. }) if asks_for_nonce(&first.response, nonce.as_deref()) => {
                let second = self.send_once(&make, secrets, key, supported, setting).await?;
                Ok((second.response, second.said))
            }
            _ => Ok((first.response, first.said)),
        }
    }

    async fn send_once(
        &self,
        make: impl Fn() -> Request,
        secrets: [Option<&str>; 2],
        key: Option<&SigningKey>,
        supported: Option<&Json>,
        setting: Setting,
    ) -> Result<Sent, Failure> {
        // A server accepts an assertion once, and also a proof.
        let assertion = self.authentication.assertion(&self.client_id, supported, self.proofs.clock.now())?;
        let mut request = with(assertion.as_ref(), make());
        let url = PlainUrl::parse(&request.url).ok_or_else(Failure::internal)?;
        let sent = match key {
            Some(key) => Some(self.proofs.proof(key, "POST", &url, None).ok_or_else(Failure::internal)?),
            None => None,
        };
        if let Some(Proven { proof, .. }) = &sent {
            request = request.with_proof(Secret::new(proof.expose().into()));
        }
        let assertion = assertion.as_ref().map(Secret::expose);
        let said = self.said(secrets.into_iter().chain([assertion]), &request);
        let response = self.server.send(request, setting).await?;
        self.proofs.remember(&url, &response.dpop_nonce);
        Ok(Sent { response, said, sent })
    }

    fn must_be_bound(&self) -> bool {
        self.proofs.wish == Wish::Always
    }

    /// The server's metadata, if the request depends on them.
    async fn needed_metadata(&self) -> Option<ServerMetadata> {
        let is_needed = self.proofs.wish != Wish::Never || self.authentication.keys().is_some();
        if !is_needed {
            return None;
        }
        self.endpoints.metadata().await.inspect_err(|failure| failure.log("request for metadata")).ok()
    }

    /// The values in `request` that nobody else may see: the client's secret, the `secrets` of its subject, and the credentials
    /// in its header.
    fn said<'a>(&'a self, secrets: impl Iterator<Item = Option<&'a str>>, request: &Request) -> Said {
        let mut said = Vec::new();
        for secret in secrets.flatten().chain(self.authentication.secret().map(Secret::expose)) {
            said.push(Secret::new(secret.into()));
            // The secret in its form-encoded spelling.
            said.push(Secret::new(form_urlencoded::byte_serialize(secret.as_bytes()).collect()));
        }
        let authorization = request.headers.iter().filter(|(name, _)| name == header::AUTHORIZATION.as_str());
        let credentials = authorization.filter_map(|(_, value)| value.split_once(' '));
        said.extend(credentials.map(|(_, credentials)| Secret::new(credentials.into())));
        Said(said)
    }
}

impl Granted {
    fn new(tokens: TokenSet, key: Option<&SigningKey>) -> Self {
        let key = key.filter(|_| tokens.token_type == TokenType::DPoP);
        Self { bound_to: key.map(|key| key.public.thumbprint().to_owned()), tokens }
    }
}

/// An answer, and the values that were sent for it.
struct Sent {
    response: Response,
    said: Said,
    sent: Option<Proven>,
}

fn copy(request: &Request) -> Request {
    let body = request.body.as_ref().map(|body| Secret::new(body.expose().into()));
    Request { purpose: request.purpose, url: request.url.clone(), headers: request.headers.clone(), body }
}

/// The code is bound to a key that this backend no longer has.
fn key_is_gone() -> Failure {
    let hint = "Keep a cookie key that was replaced in WICKETGATE_COOKIE_KEYS_OLD (cookie_keys_old) until logins that began with it are over.";
    let description = "The key is gone to which the login was bound.";
    Failure::new(StatusCode::BAD_REQUEST, "invalid_grant", description, hint)
}

fn failure(error: &Error, status: u16, said: &Said, setting: Setting) -> Failure {
    let oauth = error.oauth().and_then(|oauth| said.removed_from(oauth));
    let cause = match &oauth {
        Some(oauth) => format!("status {status}, {}", oauth.error),
        None => format!("status {status}, {}", error.summary()),
    };
    let failure = failed(status, setting).unwrap_or_else(|| match (status, oauth) {
        (_, Some(oauth)) => refused(oauth),
        // There are tokens, but no ID token that says who logged in.
        (_, None) if matches!(error.kind(), ErrorKind::IdTokenInvalid(_)) => unacceptable(error),
        (200..300, None) => unusable("The authorization server's answer cannot be used.", setting),
        (_, None) => unusable("The authorization server refused the token request without saying why.", setting),
    });
    failure.because(cause)
}

/// The server's own refusal. It goes to the page only if a new login can correct it.
fn refused(oauth: OAuthError) -> Failure {
    let (status, hint) = match oauth.error.as_str() {
        "invalid_grant" => (
            StatusCode::BAD_REQUEST,
            "Let the user log in again; if it is frequent, compare redirect URIs, and look for pages that send a code twice.",
        ),
        "invalid_client" => (
            StatusCode::BAD_GATEWAY,
            "Correct WICKETGATE_CLIENT_SECRET (client_secret), WICKETGATE_CLIENT_KEY (client_key) or WICKETGATE_CLIENT_AUTHENTICATION (client_authentication): the server did not accept them.",
        ),
        "unauthorized_client" => (StatusCode::BAD_GATEWAY, "Allow this client the authorization code grant at the server."),
        _ => (StatusCode::BAD_GATEWAY, "Compare the client's registration at the server with the configuration."),
    };
    let description = oauth.error_description.unwrap_or_else(|| "The authorization server refused the token request.".into());
    Failure { error: oauth.error.into(), description: description.into(), ..Failure::new(status, "", "", hint) }
}

/// Secrets that a server may repeat in an error. Such an error is not passed on.
struct Said(Vec<Secret>);

impl Said {
    /// `oauth` without the texts that repeat a secret; nothing if even its `error` does.
    fn removed_from(&self, oauth: &OAuthError) -> Option<OAuthError> {
        let is_fit = |text: &String| !self.0.iter().any(|secret| text.contains(secret.expose()));
        let error = Some(oauth.error.clone()).filter(is_fit)?;
        Some(OAuthError { error, error_description: oauth.error_description.clone().filter(is_fit), error_uri: None })
    }
}
