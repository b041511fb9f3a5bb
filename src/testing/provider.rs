//! An OpenID provider that answers at once, is as strict as a real one, and fails on demand.

use core::cell::{Cell, RefCell};
use core::fmt;
use std::rc::Rc;

use super::answer::{Failure, Parameters, error, json, parameters};
use super::clock::Clock;
use super::network::Network;
use super::signature::public_key;
use super::tokens::{Grant, Tokens};
use crate::client::Configuration;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::{Purpose, Request, Response};
use crate::protocol::json::Json;
use crate::protocol::text::cut;
use crate::protocol::url::{append_parameter, with_query};

/// An OpenID provider with one client, a public one. Clones are the same provider.
#[derive(Clone)]
pub struct FakeProvider(Rc<Inner>);

struct Inner {
    issuer: String,
    client_id: String,
    redirect_uri: String,
    clock: RefCell<Clock>,
    user: RefCell<Json>,
    failure: Cell<Option<Failure>>,
    tokens: Tokens,
}

impl fmt::Debug for FakeProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("FakeProvider").field(&self.0.issuer).finish()
    }
}

impl FakeProvider {
    /// A provider at which `client_id` is registered with `redirect_uri`. The user in front of the browser is Ada Lovelace.
    pub fn new(issuer: &str, client_id: &str, redirect_uri: &str) -> Self {
        let mut user = Json::empty();
        user.set_text("sub", Some("ada"));
        user.set_text("name", Some("Ada Lovelace"));
        Self(Rc::new(Inner {
            issuer: issuer.into(),
            client_id: client_id.into(),
            redirect_uri: redirect_uri.into(),
            clock: RefCell::default(),
            user: RefCell::new(user),
            failure: Cell::default(),
            tokens: Tokens::default(),
        }))
    }

    /// The client's configuration. Its scope contains `offline_access`: without it, the provider gives no refresh token.
    pub fn configuration(&self) -> Configuration {
        Configuration::new(&self.0.client_id)
            .issuer(&self.0.issuer)
            .redirect_uri(&self.0.redirect_uri)
            .scope("openid profile offline_access")
    }

    /// Changes the user in front of the browser: `claims` is an object of claims that contains `sub`.
    pub fn set_user(&self, claims: Json) {
        self.0.user.replace(claims);
    }

    /// Simulates `failure` from now on, wherever it can happen. It replaces an earlier failure.
    pub fn fail(&self, failure: Failure) {
        self.0.failure.set(Some(failure));
    }

    /// Ends the failure.
    pub fn recover(&self) {
        self.0.failure.set(None);
    }

    /// Plays the user's part: opens the authorization or logout URL, agrees, and returns the URL to which the provider sends
    /// the browser back.
    ///
    /// # Errors
    /// The text of the page that the provider shows instead of sending the user back.
    pub fn visit(&self, url: &str) -> Result<String, String> {
        let (endpoint, query) = cut(url, '?');
        let parameters = parameters(query.unwrap_or_default());
        match endpoint.strip_prefix(self.0.issuer.as_str()) {
            Some("/authorize") => self.authorize(parameters.ok_or("a parameter is there twice")?),
            Some("/logout") => self.log_out(&parameters.ok_or("a parameter is there twice")?),
            _ => Err(format!("there is nothing at {endpoint}")),
        }
    }

    fn authorize(&self, parameters: Parameters) -> Result<String, String> {
        let given = |name: &str| parameters.get(name).map(String::as_str);
        // While client or redirect URI are in doubt, the provider must not redirect (RFC 6749 §4.1.2.1).
        for (name, registered) in [("client_id", &self.0.client_id), ("redirect_uri", &self.0.redirect_uri)] {
            if given(name) != Some(registered) {
                return Err(format!(
                    "the {name} is {:?}, and what is registered is {registered}",
                    given(name).unwrap_or_default()
                ));
            }
        }
        let failure = self.0.failure.get();
        let is_hash = |challenge: &&str| challenge.len() == 43;
        let challenge = given("code_challenge").filter(is_hash).filter(|_| given("code_challenge_method") == Some("S256"));
        let answer = match (failure, challenge) {
            _ if given("response_type") != Some("code") => Err("unsupported_response_type"),
            (_, None) => Err("invalid_request"),
            (Some(Failure::Denied), _) => Err("access_denied"),
            (Some(Failure::LoginRequired), _) => Err("login_required"),
            (Some(Failure::ServerError), _) => Err("server_error"),
            (_, Some(challenge)) => Ok(self.0.tokens.code(
                Grant {
                    user: self.0.user.borrow().clone(),
                    challenge: challenge.into(),
                    nonce: given("nonce").map(String::from),
                    scope: given("scope").unwrap_or_default().into(),
                    authenticated_at: self.now(),
                    is_revoked: Cell::new(false),
                },
                self.now(),
            )),
        };
        let state = if failure == Some(Failure::UnknownState) { Some(OF_ANOTHER_LOGIN) } else { given("state") };
        let issuer = if failure == Some(Failure::IssMixUp) { "https://another-server.test" } else { &self.0.issuer };
        let mut query = String::new();
        append_parameter(&mut query, "code", answer.as_deref().ok());
        append_parameter(&mut query, "error", answer.as_ref().err().copied());
        append_parameter(&mut query, "state", state);
        append_parameter(&mut query, "iss", Some(issuer));
        Ok(with_query(&self.0.redirect_uri, &query))
    }

    /// Redirects to any `post_logout_redirect_uri` on the redirect URI's origin.
    fn log_out(&self, parameters: &Parameters) -> Result<String, String> {
        let given = |name: &str| parameters.get(name).map(String::as_str);
        let back = given("post_logout_redirect_uri").ok_or("you are logged out")?;
        let is_of_app = origin_of(back).is_some() && origin_of(back) == origin_of(&self.0.redirect_uri);
        if !is_of_app || given("client_id") != Some(&self.0.client_id) {
            return Err(format!("the post_logout_redirect_uri {back} is not of this client"));
        }
        let mut query = String::new();
        append_parameter(&mut query, "state", given("state"));
        Ok(if query.is_empty() { back.into() } else { with_query(back, &query) })
    }

    fn metadata(&self) -> Json {
        let mut metadata = Json::empty();
        metadata.set_text("issuer", Some(&self.0.issuer));
        for (name, path) in [
            ("authorization_endpoint", "/authorize"),
            ("token_endpoint", "/token"),
            ("jwks_uri", "/keys"),
            ("userinfo_endpoint", "/userinfo"),
            ("revocation_endpoint", "/revoke"),
            ("end_session_endpoint", "/logout"),
        ] {
            metadata.set_text(name, Some(&(self.0.issuer.clone() + path)));
        }
        let list = |item: &str| Json::Array(vec![Json::String(item.into())]);
        metadata.set("id_token_signing_alg_values_supported", list("ES256"));
        metadata.set("code_challenge_methods_supported", list("S256"));
        metadata.set("authorization_response_iss_parameter_supported", Json::Bool(true));
        metadata
    }

    fn now(&self) -> u64 {
        self.0.clock.borrow().now()
    }
}

/// A state in the form of a real one: 256 bits.
const OF_ANOTHER_LOGIN: &str = "b2YtYW5vdGhlci1sb2dpbi1vZi1hbm90aGVyLWxvZ2k";

impl Network for FakeProvider {
    fn answer(&self, request: &Request) -> Result<Response, Error> {
        let failure = self.0.failure.get();
        match failure {
            Some(Failure::NetworkLoss) => return Err(Error::unanswered(ErrorKind::NetworkFailed(request.purpose), &request.url)),
            Some(Failure::Slow) => return Err(Error::unanswered(ErrorKind::TimedOut(request.purpose), &request.url)),
            Some(Failure::ServerError) => return Ok(error(500, "server_error")),
            _ => {}
        }
        let Some(path) = request.url.strip_prefix(self.0.issuer.as_str()) else {
            return Err(Error::unanswered(ErrorKind::NetworkFailed(request.purpose), &request.url));
        };
        let tokens = &self.0.tokens;
        let form = || {
            let body = request.body.as_ref().map(|body| parameters(body.expose()));
            let form = body.flatten().ok_or_else(|| error(400, "invalid_request"))?;
            let is_ours = form.get("client_id") == Some(&self.0.client_id);
            if is_ours { Ok(form) } else { Err(error(401, "invalid_client")) }
        };
        let answer = match (path, request.purpose) {
            ("/.well-known/openid-configuration", Purpose::Metadata) => Ok(json(200, &self.metadata())),
            ("/keys", Purpose::Keys) => {
                let mut keys = Json::empty();
                keys.set("keys", Json::Array(vec![public_key("key-1")]));
                Ok(json(200, &keys))
            }
            ("/token", _) => form().map(|form| {
                let issuer = (self.0.issuer.as_str(), self.0.client_id.as_str());
                tokens.answer(&form, issuer, &self.0.redirect_uri, failure, self.now())
            }),
            ("/userinfo", _) => {
                let is_authorization = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("authorization");
                let header = request.headers.iter().find(is_authorization).map(|(_, value)| value.as_str());
                let token = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
                Ok(tokens.user_info(token, failure, self.now()))
            }
            ("/revoke", _) => form().map(|form| {
                tokens.revoke(form.get("token").map(String::as_str).unwrap_or_default());
                Response::new(200, None, Vec::new())
            }),
            _ => Ok(error(404, "not_found")),
        };
        Ok(answer.unwrap_or_else(|refusal| refusal))
    }

    fn keep_time(&self, clock: &Clock) {
        self.0.clock.replace(clock.clone());
    }
}

fn origin_of(url: &str) -> Option<String> {
    crate::protocol::url::Url::parse(url).map(|url| url.origin())
}
