//! An OpenID provider: its metadata, its keys, and ID tokens that it signs, or somebody else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use base64ct::{Base64UrlUnpadded, Encoding};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use wicketgate_backend::Configuration;

use crate::http::Answer;
use crate::servers::{Fault, Requests, faulty, json_answer, record, serve};
use crate::setup::{CLIENT_ID, NONCE, Setup, hand_off_with, now};

/// Where the metadata is: the first place that is looked at.
pub(crate) const METADATA: &str = "/.well-known/openid-configuration";
pub(crate) const KEYS: &str = "/jwks";

#[derive(Clone)]
pub(crate) struct Provider {
    /// The issuer identifier too.
    pub(crate) origin: String,
    pub(crate) requests: Requests,
    /// What it answers, by path; all else is 404.
    pub(crate) documents: Arc<Mutex<Vec<(String, Value)>>>,
    /// What happens instead at the paths that begin so.
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
        // Some list them all.
        let algorithms = json!(["RS256", "ES256", "EdDSA", "HS256", "none"]);
        let jwks_uri = format!("{}{KEYS}", self.origin);
        json!({ "issuer": self.origin, "jwks_uri": jwks_uri, "id_token_signing_alg_values_supported": algorithms })
    }

    /// [`metadata`](Self::metadata) with `name` set to `value`, or without it.
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

    /// How often it was asked for `path`.
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

/// A key, and the name by which it is known.
pub(crate) struct SigningKey {
    pub(crate) name: &'static str,
    pair: Pair,
}

enum Pair {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    pub(crate) fn es256(name: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self { name, pair: Pair::Es256(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()) }
    }

    pub(crate) fn ed25519(name: &'static str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self { name, pair: Pair::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()) }
    }

    fn public(&self) -> Value {
        let encode = Base64UrlUnpadded::encode_string;
        match &self.pair {
            Pair::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
                json!({ "kty": "EC", "crv": "P-256", "kid": self.name, "use": "sig", "x": x, "y": y })
            }
            Pair::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.name, "x": encode(pair.public_key().as_ref()) })
            }
        }
    }

    /// An ID token of `claims`.
    pub(crate) fn signed(&self, claims: impl ToString) -> String {
        let algorithm = match &self.pair {
            Pair::Es256(_) => "ES256",
            Pair::Ed25519(_) => "EdDSA",
        };
        token(&json!({ "alg": algorithm, "kid": self.name }), claims, |signed| match &self.pair {
            Pair::Es256(pair) => pair.sign(&SystemRandom::new(), signed).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(signed).as_ref().to_vec(),
        })
    }
}

/// A token of three parts.
pub(crate) fn token(header: &Value, claims: impl ToString, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |text: String| Base64UrlUnpadded::encode_string(text.as_bytes());
    let signed = format!("{}.{}", part(header.to_string()), part(claims.to_string()));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature))
}

/// A backend behind which both servers are, and a key that the provider publishes.
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

    /// What an ID token of this provider says that is accepted.
    pub(crate) fn claims(&self) -> Value {
        let now = now();
        json!({
            "iss": self.provider.origin, "aud": CLIENT_ID, "sub": "ada", "exp": now + 300, "iat": now, "nonce": NONCE,
        })
    }

    /// [`claims`](Self::claims) with `name` set to `value`, or without it.
    pub(crate) fn claims_with(&self, name: &str, value: impl Into<Value>) -> Value {
        with(self.claims(), name, value.into())
    }

    /// A login that has a nonce and `id_token`.
    pub(crate) async fn log_in(&self, id_token: impl Into<Value>) -> Answer {
        self.hand_over(hand_off_with("nonce", NONCE), id_token).await
    }

    /// The same with this hand-off; its code is a new one.
    pub(crate) async fn hand_over(&self, mut hand_off: Value, id_token: impl Into<Value>) -> Answer {
        self.setup.server.answer.lock().unwrap()["id_token"] = id_token.into();
        hand_off["code"] = format!("MARKED-code-{}", self.codes.fetch_add(1, Ordering::Relaxed)).into();
        self.setup.exchange(hand_off).await
    }
}

/// `object` with `name` set to `value`; without it where that is null.
fn with(mut object: Value, name: &str, value: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.into(), value);
    }
    object
}
