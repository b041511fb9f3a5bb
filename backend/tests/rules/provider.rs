//! An OpenID provider: its metadata, its keys, and ID tokens that it or somebody else signs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
pub(crate) use support::signing::{SigningKey, token};
use wicketgate_backend::Configuration;

use crate::http::Answer;
use crate::servers::{Fault, Requests, faulty, json_answer, record, serve};
use crate::setup::{CLIENT_ID, NONCE, Setup, hand_off_with, now};

/// The path of the metadata: the first one that is tried.
pub(crate) const METADATA: &str = "/.well-known/openid-configuration";
pub(crate) const KEYS: &str = "/jwks";

#[derive(Clone)]
pub(crate) struct Provider {
    /// Also the issuer identifier.
    pub(crate) origin: String,
    pub(crate) requests: Requests,
    /// Its answers, by path; all other paths give 404.
    pub(crate) documents: Arc<Mutex<Vec<(String, Value)>>>,
    /// The fault, and the beginning of the paths where it happens.
    pub(crate) fault: Arc<Mutex<(String, Fault)>>,
}

impl Provider {
    async fn start() -> Self {
        let mut provider = Self {
            origin: String::new(),
            requests: Requests::default(),
            documents: Arc::default(),
            fault: Arc::new(Mutex::new((String::new(), Fault::None))),
        };
        provider.origin = serve(Router::new().fallback(document).with_state(provider.clone())).await;
        provider.publishes(METADATA, provider.metadata());
        provider
    }

    pub(crate) fn metadata(&self) -> Value {
        // Some providers list all of them.
        let algorithms = json!(["RS256", "ES256", "EdDSA", "HS256", "none"]);
        let jwks_uri = format!("{}{KEYS}", self.origin);
        json!({ "issuer": self.origin, "jwks_uri": jwks_uri, "id_token_signing_alg_values_supported": algorithms })
    }

    /// [`metadata`](Self::metadata) with `name` set to `value`, or without it if that is null.
    pub(crate) fn metadata_with(&self, name: &str, value: impl Into<Value>) -> Value {
        with(self.metadata(), name, value.into())
    }

    pub(crate) fn publishes(&self, path: &str, document: Value) {
        let mut documents = self.documents.lock().unwrap();
        documents.retain(|(other, _)| other != path);
        documents.push((path.into(), document));
    }

    pub(crate) fn publishes_keys(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        self.publishes(KEYS, json!({ "keys": keys }));
    }

    pub(crate) fn fails_at(&self, path: &str, fault: Fault) {
        *self.fault.lock().unwrap() = (path.into(), fault);
    }

    /// How many requests for `path` it received.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|request| request.target == path).count()
    }
}

async fn document(State(provider): State<Provider>, request: Request) -> Response {
    let request = record(&provider.requests, request).await;
    let document = {
        let documents = provider.documents.lock().unwrap();
        documents.iter().find(|(path, _)| *path == request.target).map(|(_, document)| document.clone())
    };
    let (path, fault) = provider.fault.lock().unwrap().clone();
    let fault = if request.target.starts_with(&path) { fault } else { Fault::None };
    let there = document.unwrap_or_default();
    let status = if there.is_null() { 404 } else { 200 };
    faulty(fault, &request.target, &there).await.unwrap_or_else(|| json_answer(status, &there))
}

/// A backend in front of both servers, and a key that the provider publishes.
pub(crate) struct OpenId {
    pub(crate) setup: Setup,
    pub(crate) provider: Provider,
    pub(crate) key: SigningKey,
    codes: AtomicUsize,
}

impl OpenId {
    pub(crate) async fn start() -> Self {
        Self::with(|_, _| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Configuration, &Provider)) -> Self {
        let (provider, key) = (Provider::start().await, SigningKey::es256("the key"));
        provider.publishes_keys(&[&key]);
        let setup = Setup::with(|configuration| {
            configuration.issuer = Some(provider.origin.clone());
            change(configuration, &provider);
        })
        .await;
        Self { setup, provider, key, codes: AtomicUsize::new(0) }
    }

    /// The claims of an ID token that is accepted.
    pub(crate) fn claims(&self) -> Value {
        let now = now();
        json!({
            "iss": self.provider.origin, "aud": CLIENT_ID, "sub": "ada", "exp": now + 300, "iat": now, "nonce": NONCE,
        })
    }

    /// [`claims`](Self::claims) with `name` set to `value`, or without it if that is null.
    pub(crate) fn claims_with(&self, name: &str, value: impl Into<Value>) -> Value {
        with(self.claims(), name, value.into())
    }

    /// A login with a nonce and `id_token`.
    pub(crate) async fn log_in(&self, id_token: impl Into<Value>) -> Answer {
        self.hand_over(hand_off_with("nonce", NONCE), id_token).await
    }

    /// The same with this hand-off and a new code.
    pub(crate) async fn hand_over(&self, mut hand_off: Value, id_token: impl Into<Value>) -> Answer {
        self.setup.server.answer.lock().unwrap()["id_token"] = id_token.into();
        hand_off["code"] = format!("MARKED-code-{}", self.codes.fetch_add(1, Ordering::Relaxed)).into();
        self.setup.exchange(hand_off).await
    }
}

/// `object` with `name` set to `value`; without it if that is null.
fn with(mut object: Value, name: &str, value: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.into(), value);
    }
    object
}
