//! The backend's own keys: it authenticates with one (RFC 7523), its tokens are bound to another (RFC 9449), and it pushes its
//! authorization requests (RFC 9126). The server of these tests checks each proof, and may demand a nonce.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jwk::JwkSet;
use wicketgate::protocol::jws::Jws;
use wicketgate_backend::{ClientAuthenticationMethod, Configuration, ConfigurationError, Wish, router};

use crate::http::{Answer, call};
use crate::log::Log;
use crate::program_settings::Folder;
use crate::servers::{Recorded, Requests, field, json_answer, record, serve};
use crate::setup::{
    ACCESS_TOKEN, CLIENT_ID, CODE, Hands, PAGE, REFRESH_TOKEN, after, configuration, digest, from_page, hand_off, key, until,
};

/// The key below, in the form that `openssl` writes.
const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n\
    H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n\
    7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n\
    -----END PRIVATE KEY-----\n";
/// The private key of RFC 7515 appendix A.3, with a name.
const JWK: &str = r#"{"kty":"EC","crv":"P-256","kid":"of the RFC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
/// The private key of RFC 8037 appendix A.1.
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// The nonce that the server demands in a proof.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Demand {
    /// No nonce.
    No,
    /// This nonce, which the server announces.
    Nonce(&'static str),
    /// Another nonce each time.
    Another,
}

/// An authorization server and an API in one server.
#[derive(Clone)]
struct Server {
    origin: String,
    requests: Requests,
    demand: Arc<Mutex<Demand>>,
    /// The type of the tokens, instead of the one that goes with the request.
    token_type: Arc<Mutex<Option<&'static str>>>,
    metadata: Arc<Mutex<Value>>,
    /// The thumbprints of the keys in the proofs at the token endpoint, in order.
    proven: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start() -> Self {
        let mut server = Self {
            origin: String::new(),
            requests: Requests::default(),
            demand: Arc::new(Mutex::new(Demand::No)),
            token_type: Arc::default(),
            metadata: Arc::new(Mutex::new(json!({}))),
            proven: Arc::default(),
        };
        server.origin = serve(Router::new().fallback(answer).with_state(server.clone())).await;
        let origin = &server.origin;
        *server.metadata.lock().unwrap() = json!({
            "issuer": origin,
            "authorization_endpoint": format!("{origin}/authorize"),
            "pushed_authorization_request_endpoint": format!("{origin}/par"),
            "jwks_uri": format!("{origin}/jwks"),
            "dpop_signing_alg_values_supported": ["ES256", "PS256"],
            "token_endpoint_auth_signing_alg_values_supported": ["PS256", "ES256"],
        });
        server
    }

    fn says(&self, name: &str, value: impl Into<Value>) {
        self.metadata.lock().unwrap()[name] = value.into();
    }

    fn demands(&self, demand: Demand) {
        *self.demand.lock().unwrap() = demand;
    }

    fn requests_to(&self, path: &str) -> Vec<Recorded> {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|request| request.target.split('?').next() == Some(path)).cloned().collect()
    }

    /// The answer to a proof without the demanded nonce.
    fn refusal(&self, request: &Recorded, count: usize) -> Option<String> {
        let said = proof(request).map(|proof| proof.claims["nonce"].clone());
        match *self.demand.lock().unwrap() {
            Demand::No => None,
            Demand::Nonce(nonce) => (said? != nonce).then(|| nonce.to_owned()),
            Demand::Another => Some(format!("nonce-{count}")),
        }
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let request = record(&server.requests, request).await;
    let count = server.requests.lock().unwrap().len();
    let refusal = server.refusal(&request, count);
    let path = request.target.split('?').next().unwrap().to_owned();
    match path.as_str() {
        "/.well-known/openid-configuration" => json_answer(200, &server.metadata.lock().unwrap()),
        "/jwks" => json_answer(200, &json!({ "keys": [] })),
        "/par" | "/token" => {
            if let Some(nonce) = refusal {
                return ([("dpop-nonce", nonce)], json_answer(400, &json!({ "error": "use_dpop_nonce" }))).into_response();
            }
            if let Some(proof) = proof(&request) {
                server.proven.lock().unwrap().push(proof.thumbprint);
            }
            if path == "/par" {
                return json_answer(201, &json!({ "request_uri": "urn:ietf:params:oauth:request_uri:1", "expires_in": 60 }));
            }
            let by_proof = if proof(&request).is_some() { "DPoP" } else { "Bearer" };
            let token_type = server.token_type.lock().unwrap().unwrap_or(by_proof);
            json_answer(
                200,
                &json!({
                    "access_token": format!("{ACCESS_TOKEN}#{count}"), "refresh_token": REFRESH_TOKEN, "token_type": token_type,
                    "expires_in": 3600,
                }),
            )
        }
        _ => match refusal {
            Some(nonce) => {
                let challenge = r#"DPoP error="use_dpop_nonce", algs="ES256""#;
                ([("dpop-nonce", nonce.as_str()), ("www-authenticate", challenge)], json_answer(401, &json!({}))).into_response()
            }
            None => json_answer(200, &json!({ "said": request.body })),
        },
    }
}

/// A proof whose signature is valid for its key.
struct Checked {
    claims: Value,
    thumbprint: String,
}

/// The proof of a request (RFC 9449 §4.3); `None` if it has none.
fn proof(request: &Recorded) -> Option<Checked> {
    let mut fields = request.headers.get_all("dpop").iter();
    let proof = fields.next()?.to_str().unwrap();
    assert!(fields.next().is_none(), "one proof");
    let (header, claims) = signed(proof, None);
    assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("dpop+jwt"), Some("ES256")));
    assert!(header["jwk"].get("d").is_none());
    assert_eq!(claims["htm"], request.method.as_str());
    let host = request.headers["host"].to_str().unwrap();
    let path = request.target.split('?').next().unwrap();
    assert_eq!(claims["htu"], format!("http://{host}{path}"));
    let jwk = &header["jwk"];
    let hashed = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
    Some(Checked { claims, thumbprint: digest(&hashed) })
}

/// Header and claims of a token that a key of `keys`, or the key in its header, has signed.
fn signed(token: &str, keys: Option<&Value>) -> (Value, Value) {
    let part = |at: usize| -> Value {
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
    };
    let header = part(0);
    let keys = keys.cloned().unwrap_or_else(|| json!({ "keys": [header["jwk"]] }));
    let body = wicketgate::protocol::http::Response::new(200, Some("application/json".into()), keys.to_string().into());
    let jws = Jws::parse(token).unwrap();
    let candidates: Vec<Json> = JwkSet::from_response(&body).unwrap().candidates(&jws);
    let check = |check| core::future::ready(Ok(support::signature::verifies(&check)));
    let mut verified = core::pin::pin!(jws.verified(candidates, check));
    let polled = verified.as_mut().poll(&mut core::task::Context::from_waker(core::task::Waker::noop()));
    let core::task::Poll::Ready(Ok(Some(_))) = polled else { panic!("the signature is right: {header}") };
    (header, part(1))
}

struct Setup {
    origin: String,
    server: Server,
}

impl Setup {
    async fn with(change: impl FnOnce(&mut Configuration, &Server)) -> Self {
        let server = Server::start().await;
        Self { origin: started(&server, change).await, server }
    }

    async fn exchange(&self, code: &str) -> Answer {
        let mut hand_off = hand_off();
        hand_off["code"] = code.into();
        let call = from_page(&self.origin, "POST", "/auth/exchange").headers(&[("content-type", "application/json")]);
        call.body(hand_off.to_string()).send().await
    }

    async fn log_in(&self) -> Vec<(String, String)> {
        let answer = self.exchange(CODE).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.cookies().0
    }

    /// The URL to which the browser is redirected.
    async fn begin(&self, query: &str) -> Answer {
        let navigation = [("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];
        call(&self.origin, "GET", &format!("/auth/login?{query}")).headers(&navigation).send().await
    }
}

/// A backend in front of `server`.
async fn started(server: &Server, change: impl FnOnce(&mut Configuration, &Server)) -> String {
    let mut configuration = configuration(&format!("{}/token", server.origin));
    configuration.issuer = Some(server.origin.clone());
    configuration.requires_id_token = Some(false);
    configuration.api_origin = Some(server.origin.clone());
    configuration.scope = Some("read".into());
    change(&mut configuration, server);
    serve(router(configuration).unwrap()).await
}

/// The client uses the keys of a file with this text.
fn with_key(configuration: &mut Configuration, folder: &Folder, text: &str) {
    configuration.client_authentication = ClientAuthenticationMethod::PrivateKeyJwt;
    configuration.client_secret = wicketgate::protocol::secret::Secret::new(String::new());
    configuration.client_key = Some(folder.write("key", text));
}

fn bound(configuration: &mut Configuration, _: &Server) {
    configuration.dpop = Wish::Always;
}

async fn api(setup: &Setup, cookies: &[(String, String)]) -> Answer {
    from_page(&setup.origin, "GET", "/api/notes?of=ada").cookies(cookies).send().await
}

#[tokio::test]
async fn a_client_with_a_key_sends_an_assertion_and_no_secret() {
    let folder = Folder::new("assertion");
    let setup = Setup::with(|configuration, _| with_key(configuration, &folder, PEM)).await;
    setup.log_in().await;
    let keys = call(&setup.origin, "GET", "/auth/jwks").send().await.json();
    let request = &setup.server.requests_to("/token")[0];
    assert_eq!(field(request, "client_secret"), None);
    assert!(!request.headers.contains_key("authorization"));
    let (header, claims) = signed(&field(request, "client_assertion").unwrap(), Some(&keys));
    assert_eq!((&header["alg"], &header["kid"]), (&json!("ES256"), &keys["keys"][0]["kid"]));
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT_ID), &json!(CLIENT_ID)));
    assert_eq!(claims["aud"], setup.server.origin);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 60);
    assert_eq!(field(request, "client_id").as_deref(), Some(CLIENT_ID));
}

#[tokio::test]
async fn no_assertion_is_sent_twice() {
    let folder = Folder::new("assertions");
    let setup = Setup::with(|configuration, server| {
        with_key(configuration, &folder, JWK);
        bound(configuration, server);
    })
    .await;
    setup.server.demands(Demand::Nonce("one"));
    setup.log_in().await;
    let requests = setup.server.requests_to("/token");
    let identifier = |request| signed(&field(request, "client_assertion").unwrap(), Some(&json!({"keys": [public(JWK)]}))).1;
    assert_eq!(requests.len(), 2);
    assert_ne!(identifier(&requests[0])["jti"], identifier(&requests[1])["jti"]);
}

fn public(jwk: &str) -> Value {
    let mut jwk: Value = serde_json::from_str(jwk).unwrap();
    jwk.as_object_mut().unwrap().remove("d");
    jwk
}

#[tokio::test]
async fn an_assertion_is_for_whom_the_operator_says() {
    let folder = Folder::new("audience");
    let setup = Setup::with(|configuration, _| {
        with_key(configuration, &folder, JWK);
        configuration.client_assertion_audience = Some("https://server.example/token".into());
    })
    .await;
    setup.log_in().await;
    let assertion = field(&setup.server.requests_to("/token")[0], "client_assertion").unwrap();
    assert_eq!(signed(&assertion, Some(&json!({"keys": [public(JWK)]}))).1["aud"], "https://server.example/token");
}

#[tokio::test]
async fn the_public_halves_of_all_keys_are_published_and_nothing_else_of_them() {
    let folder = Folder::new("published");
    let set = format!(r#"{{"keys":[{JWK},{ED25519}]}}"#);
    let setup = Setup::with(|configuration, _| with_key(configuration, &folder, &set)).await;
    let keys = call(&setup.origin, "GET", "/auth/jwks").send().await.json();
    let mut expected = public(JWK);
    expected["use"] = "sig".into();
    expected["alg"] = "ES256".into();
    assert_eq!(keys["keys"][0], expected);
    // RFC 8037 appendix A.3.
    assert_eq!(keys["keys"][1]["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert!(keys["keys"][1].get("d").is_none());
    let without = Setup::with(|_, _| {}).await;
    assert_eq!(call(&without.origin, "GET", "/auth/jwks").send().await.status, 404);
}

#[tokio::test]
async fn a_file_of_keys_that_is_replaced_is_read_again_and_one_that_cannot_be_read_changes_nothing() {
    let log = Log::capture();
    let folder = Folder::new("rotated");
    let setup = Setup::with(|configuration, _| with_key(configuration, &folder, PEM)).await;
    let keys = async || call(&setup.origin, "GET", "/auth/jwks").send().await.json();
    let before = keys().await;
    until("the file was looked at again", async || {
        // Repeatedly, because a file system may record the time of a change only in whole seconds.
        folder.write("key", "no key");
        assert_eq!(keys().await, before);
        log.text().contains("the keys stay as they were")
    })
    .await;
    until("the new key is published", async || {
        folder.write("key", JWK);
        keys().await["keys"][0]["kid"] == "of the RFC"
    })
    .await;
    setup.log_in().await;
    let assertion = field(&setup.server.requests_to("/token")[0], "client_assertion").unwrap();
    assert_eq!(signed(&assertion, Some(&json!({"keys": [public(JWK)]}))).0["kid"], "of the RFC");
}

#[test]
fn a_file_without_a_key_that_signs_is_refused_without_a_word_of_it() {
    let folder = Folder::new("refused");
    let refusal = |text: &str| -> ConfigurationError {
        let mut configuration = configuration("https://server.example/token");
        with_key(&mut configuration, &folder, text);
        router(configuration).unwrap_err()
    };
    for (text, problem) in [
        ("", "has no private key in it"),
        ("-----BEGIN EC PRIVATE KEY-----\nMARKED==\n-----END EC PRIVATE KEY-----\n", "has a key in another form than PKCS#8"),
        ("-----BEGIN PRIVATE KEY-----\nMARKED==\n-----END PRIVATE KEY-----\n", "has a private key that is not RSA"),
        (r#"{"keys":[]}"#, "has no private key in it"),
        (r#"{"kty":"oct","k":"MARKED"}"#, "has a JSON Web Key that is not a private"),
        (public(JWK).to_string().as_str(), "has a JSON Web Key that is not a private"),
        (JWK.replace(r#""kid":"#, r#""alg":"HS256","kid":"#).as_str(), "has a JSON Web Key that is not a private"),
        (JWK.replace("f83O", "f83P").as_str(), "has a JSON Web Key that is not a private"),
    ] {
        let error = refusal(text);
        assert_eq!(error.member, "client_key");
        assert!(error.problem.starts_with(problem), "{text}: {}", error.problem);
    }
    let mut configuration = configuration("https://server.example/token");
    with_key(&mut configuration, &folder, PEM);
    configuration.client_key = Some(folder.path().join("nowhere"));
    assert_eq!(router(configuration).unwrap_err().problem, "names a file that cannot be read");
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_and_each_request_to_an_api_proves_it() {
    let setup = Setup::with(bound).await;
    let cookies = setup.log_in().await;
    let token_request = proof(&setup.server.requests_to("/token")[0]).unwrap();
    assert_eq!(token_request.claims.get("ath"), None);
    let answers = [api(&setup, &cookies).await, api(&setup, &cookies).await];
    assert!(answers.iter().all(|answer| answer.status == 200));
    let requests = setup.server.requests_to("/api/notes");
    let proofs = [proof(&requests[0]).unwrap(), proof(&requests[1]).unwrap()];
    let token = requests[0].headers["authorization"].to_str().unwrap().strip_prefix("DPoP ").unwrap();
    assert!(proofs.iter().all(|proof| proof.thumbprint == token_request.thumbprint && proof.claims["ath"] == digest(token)));
    assert_ne!(proofs[0].claims["jti"], proofs[1].claims["jti"]);
}

#[tokio::test]
async fn tokens_are_bound_by_themselves_only_where_the_server_has_it_and_the_operator_lets_it() {
    for (wish, algorithms, is_bound) in [
        (Wish::Never, json!(["ES256"]), false),
        (Wish::Auto, json!(["ES256"]), true),
        (Wish::Auto, json!(["RS256"]), false),
        (Wish::Auto, Value::Null, false),
        (Wish::Always, Value::Null, true),
    ] {
        let setup = Setup::with(|configuration, server| {
            configuration.dpop = wish;
            server.says("dpop_signing_alg_values_supported", algorithms.clone());
        })
        .await;
        setup.log_in().await;
        assert_eq!(proof(&setup.server.requests_to("/token")[0]).is_some(), is_bound, "{wish:?} {algorithms}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_bound_will_do_unless_it_must_be() {
    for (wish, status) in [(Wish::Auto, 200), (Wish::Always, 502)] {
        let setup = Setup::with(|configuration, server| {
            configuration.dpop = wish;
            *server.token_type.lock().unwrap() = Some("Bearer");
        })
        .await;
        assert_eq!(setup.exchange(CODE).await.status, status, "{wish:?}");
    }
}

#[tokio::test]
async fn a_nonce_that_is_demanded_is_sent_at_once_and_remembered() {
    let setup = Setup::with(bound).await;
    setup.server.demands(Demand::Nonce("one"));
    setup.log_in().await;
    assert_eq!(setup.server.requests_to("/token").len(), 2);
    assert_eq!(setup.exchange("MARKED-another-code").await.status, 200);
    let requests = setup.server.requests_to("/token");
    assert_eq!(requests.len(), 3, "the second code is sent once");
    assert!(requests[1..].iter().all(|request| proof(request).unwrap().claims["nonce"] == "one"));
}

#[tokio::test]
async fn a_nonce_that_is_demanded_for_ever_is_sent_once_more_and_no_further() {
    let setup = Setup::with(bound).await;
    setup.server.demands(Demand::Another);
    let answer = setup.exchange(CODE).await;
    assert_eq!((answer.status, answer.error().as_str()), (502, "use_dpop_nonce"));
    assert_eq!(setup.server.requests_to("/token").len(), 2);
}

#[tokio::test]
async fn a_code_is_not_sent_again_for_any_other_reason() {
    let setup = Setup::with(|configuration, server| {
        bound(configuration, server);
        // The server demands no nonce, but the answer contains no token, either.
        *server.token_type.lock().unwrap() = Some("mac");
    })
    .await;
    assert_eq!(setup.exchange(CODE).await.status, 502);
    assert_eq!(setup.server.requests_to("/token").len(), 1);
}

#[tokio::test]
async fn an_api_that_demands_a_nonce_gets_the_request_once_more_as_it_was() {
    let setup = Setup::with(bound).await;
    let cookies = setup.log_in().await;
    setup.server.demands(Demand::Nonce("of-the-API"));
    let call = from_page(&setup.origin, "POST", "/api/notes").cookies(&cookies);
    let answer = call.headers(&[("content-type", "text/plain")]).body("the note").send().await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "said": "the note" })));
    let requests = setup.server.requests_to("/api/notes");
    assert_eq!(requests.iter().map(|request| request.body.as_str()).collect::<Vec<_>>(), ["the note", "the note"]);
    assert_eq!(api(&setup, &cookies).await.status, 200);
    assert_eq!(setup.server.requests_to("/api/notes").len(), 3, "the nonce is remembered");
}

#[tokio::test]
async fn an_api_that_demands_a_nonce_for_ever_is_answered_once() {
    let setup = Setup::with(bound).await;
    let cookies = setup.log_in().await;
    setup.server.demands(Demand::Another);
    assert_eq!(api(&setup, &cookies).await.status, 401);
    assert_eq!(setup.server.requests_to("/api/notes").len(), 2);
}

#[tokio::test]
async fn a_body_that_is_too_long_to_keep_is_sent_once() {
    let setup = Setup::with(bound).await;
    let cookies = setup.log_in().await;
    setup.server.demands(Demand::Nonce("of-the-API"));
    let call = from_page(&setup.origin, "POST", "/api/notes").cookies(&cookies);
    let answer = call.headers(&[("content-type", "text/plain")]).body("x".repeat((64 << 10) + 1)).send().await;
    assert_eq!(answer.status, 401);
    assert_eq!(setup.server.requests_to("/api/notes").len(), 1);
}

#[tokio::test]
async fn a_session_keeps_its_key_until_that_is_gone_and_then_gets_a_token_of_the_newest() {
    let hands = Hands::default();
    let clock = hands.clock();
    let setup = Setup::with(|configuration, server| {
        configuration.clock = clock.clone();
        bound(configuration, server);
    })
    .await;
    let cookies = setup.log_in().await;
    let rotated = |configuration: &mut Configuration, server: &Server| {
        configuration.clock = clock.clone();
        configuration.cookie_key = key(2);
        configuration.cookie_keys_old = vec![key(1)];
        bound(configuration, server);
    };
    let second = Setup { origin: started(&setup.server, rotated).await, server: setup.server.clone() };
    hands.pass(3600);
    let answer = api(&second, &cookies).await;
    let cookies = after(&cookies, &answer);
    let third = |configuration: &mut Configuration, server: &Server| {
        configuration.clock = clock.clone();
        configuration.cookie_key = key(2);
        bound(configuration, server);
    };
    let third = Setup { origin: started(&setup.server, third).await, server: setup.server.clone() };
    let last = api(&third, &cookies).await;
    assert_eq!((answer.status, last.status), (200, 200));
    let proven = setup.server.proven.lock().unwrap().clone();
    assert_eq!(proven.len(), 3, "a login and two refreshes");
    assert_eq!(proven[0], proven[1], "the key of before is there");
    assert_ne!(proven[1], proven[2], "it is gone");
}

#[tokio::test]
async fn a_login_is_pushed_where_the_server_requires_it() {
    for (wish, is_required, is_pushed) in
        [(Wish::Auto, false, false), (Wish::Auto, true, true), (Wish::Always, false, true), (Wish::Never, false, false)]
    {
        let setup = Setup::with(|configuration, server| {
            configuration.par = wish;
            server.says("require_pushed_authorization_requests", is_required);
        })
        .await;
        let answer = setup.begin("return_to=/there").await;
        let location = answer.header("location").unwrap();
        assert_eq!(setup.server.requests_to("/par").len(), usize::from(is_pushed), "{wish:?} {is_required}");
        if is_pushed {
            let client = url::form_urlencoded::byte_serialize(CLIENT_ID.as_bytes()).collect::<String>();
            let reference = "urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A1";
            assert_eq!(location, format!("{}/authorize?client_id={client}&request_uri={reference}", setup.server.origin));
            let pushed = &setup.server.requests_to("/par")[0];
            let said = |name| field(pushed, name).unwrap();
            assert_eq!((said("response_type"), said("code_challenge_method")), ("code".into(), "S256".into()));
            assert_eq!(said("redirect_uri"), format!("{PAGE}/auth/callback"));
            assert!(said("state").len() == 43 && field(pushed, "client_secret").is_some());
        } else {
            assert!(location.contains("code_challenge="), "{location}");
        }
    }
}

#[tokio::test]
async fn a_push_that_is_required_and_not_allowed_is_no_login() {
    let setup = Setup::with(|configuration, server| {
        configuration.par = Wish::Never;
        server.says("require_pushed_authorization_requests", true);
    })
    .await;
    assert_eq!(setup.begin("").await.header("location"), Some("/?wicketgate_error=pushed_request_required#"));
}

#[tokio::test]
async fn a_pushed_request_proves_the_key_that_its_code_is_bound_to() {
    let setup = Setup::with(|configuration, server| {
        configuration.par = Wish::Always;
        configuration.authorization_parameters = vec![("response_mode".into(), "form_post".into())];
        bound(configuration, server);
    })
    .await;
    setup.server.demands(Demand::Nonce("one"));
    let answer = setup.begin("").await;
    assert!(answer.header("location").unwrap().contains("request_uri="), "{:?}", answer.headers);
    let pushed = setup.server.requests_to("/par");
    assert_eq!(pushed.len(), 2, "a push can be repeated with the nonce, and then the code need not be");
    assert_eq!(field(&pushed[1], "dpop_jkt"), Some(proof(&pushed[1]).unwrap().thumbprint));
    assert_eq!(field(&pushed[1], "response_mode").as_deref(), Some("form_post"));
}

/// The body of a begin whose request the backend is to push.
fn to_push(request: &str, more: Value) -> Value {
    let mut body = json!({
        "client_id": CLIENT_ID, "state_digest": digest("MARKED-state"), "redirect_uri": format!("{PAGE}/callback"), "scope": "read",
        "request": request,
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// The request of a page for [`to_push`], form-encoded.
fn request_of_page(more: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_id", CLIENT_ID).append_pair("response_type", "code").append_pair("state", "MARKED-state");
    form.append_pair("redirect_uri", &format!("{PAGE}/callback")).append_pair("scope", "read").extend_pairs(more).finish()
}

async fn begin_at_page(setup: &Setup, body: Value) -> Answer {
    let call = from_page(&setup.origin, "POST", "/auth/begin").headers(&[("content-type", "application/json")]);
    call.body(body.to_string()).send().await
}

#[tokio::test]
async fn the_backend_pushes_the_request_of_a_page_with_its_authentication() {
    let setup = Setup::with(|configuration, _| configuration.authorization_details_types = vec!["payment".into()]).await;
    let details = r#"[{"type":"payment"}]"#;
    let request =
        request_of_page(&[("login_hint", "ada"), ("authorization_details", details), ("resource", "a:1"), ("resource", "a:2")]);
    let answer = begin_at_page(&setup, to_push(&request, json!({}))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        answer.json(),
        json!({ "request_uri": "urn:ietf:params:oauth:request_uri:1" }),
        "and nothing that binds the login"
    );
    let [pushed] = &setup.server.requests_to("/par")[..] else { panic!("one request") };
    let said = |name| field(pushed, name).unwrap();
    assert_eq!(
        (said("login_hint"), said("authorization_details"), said("state")),
        ("ada".into(), details.into(), "MARKED-state".into())
    );
    assert!(pushed.body.starts_with(&request), "as the page said it: {}", pushed.body);
    assert_eq!(said("code_challenge_method"), "S256");
    assert!(field(pushed, "client_secret").is_some());
    // The verifier of that challenge is in the cookie.
    let mut said_then = hand_off();
    said_then["state"] = "MARKED-state".into();
    let call = from_page(&setup.origin, "POST", "/auth/exchange").headers(&[("content-type", "application/json")]);
    let answer = call.body(said_then.to_string()).cookies(&answer.cookies().0).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let redeemed = &setup.server.requests_to("/token")[0];
    assert_eq!(digest(&field(redeemed, "code_verifier").unwrap()), said("code_challenge"));
}

#[tokio::test]
async fn a_page_cannot_have_more_pushed_than_it_could_ask_for_in_a_url() {
    let setup = Setup::with(|_, _| {}).await;
    let page = request_of_page(&[]);
    let elsewhere = page.replace("app.example", "evil.example");
    let own = |name: &str| to_push(&request_of_page(&[(name, "x")]), json!({}));
    let names =
        ["nonce", "code_challenge", "code_verifier", "client_secret", "client_assertion", "dpop_jkt", "request", "request_uri"];
    let mut bodies: Vec<Value> = names.into_iter().map(own).collect();
    bodies.extend([
        to_push(&request_of_page(&[("scope", "read")]), json!({})),
        to_push(&page.replace("response_type=code", "response_type=token"), json!({})),
        to_push(&page.replace("MARKED-state", "MARKED-other"), json!({})),
        to_push(&page.replace("scope=read", "scope=write"), json!({})),
        to_push(&page, json!({ "redirect_uri": null })),
        to_push(&elsewhere, json!({ "redirect_uri": "https://evil.example/callback" })),
        to_push(&request_of_page(&[("authorization_details", r#"[{"type":"account"}]"#)]), json!({})),
        to_push(&request_of_page(&[("authorization_details", "[]")]), json!({})),
        to_push(&request_of_page(&[("x", &"y".repeat(20_000))]), json!({})),
    ]);
    for body in bodies {
        let answer = begin_at_page(&setup, body.clone()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{body}");
        assert!(answer.all("set-cookie").is_empty());
    }
    assert!(setup.server.requests_to("/par").is_empty());
}

#[tokio::test]
async fn a_request_that_is_not_pushed_is_refused_where_it_must_be_and_the_other_way_round() {
    let setup = Setup::with(|configuration, _| configuration.par = Wish::Always).await;
    let mut body = to_push("", json!({}));
    body.as_object_mut().unwrap().remove("request");
    let answer = begin_at_page(&setup, body).await;
    assert!(answer.status == 400 && answer.body.contains("WICKETGATE_PAR"), "{}", answer.body);
    let setup = Setup::with(|configuration, _| configuration.par = Wish::Never).await;
    let answer = begin_at_page(&setup, to_push(&request_of_page(&[]), json!({}))).await;
    assert!(answer.status == 400 && answer.body.contains("WICKETGATE_PAR"), "{}", answer.body);
}

#[tokio::test]
async fn a_login_that_is_not_pushed_names_the_key_in_the_url() {
    let setup = Setup::with(bound).await;
    let answer = setup.begin("").await;
    assert!(answer.header("location").unwrap().contains("&dpop_jkt="));
}

#[tokio::test]
async fn a_page_may_ask_for_details_of_the_types_that_are_allowed() {
    let setup = Setup::with(|configuration, _| configuration.authorization_details_types = vec!["payment".into()]).await;
    let asking = async |details: &str| {
        let details: String = url::form_urlencoded::byte_serialize(details.as_bytes()).collect();
        setup.begin(&format!("authorization_details={details}")).await.header("location").unwrap().to_owned()
    };
    let sent = "authorization_details=%5B%7B%22type%22%3A%22payment%22%2C%22amount%22%3A1%7D%5D";
    assert!(asking(r#"[{"type":"payment","amount":1}]"#).await.ends_with(sent));
    for refused in
        [r#"[{"type":"account"}]"#, r#"[{"type":"payment"},{"type":"account"}]"#, r#"{"type":"payment"}"#, "[]", "payment"]
    {
        assert_eq!(asking(refused).await, "/?wicketgate_error=invalid_option#", "{refused}");
    }
}

#[test]
fn a_key_and_the_way_to_use_it_are_set_together() {
    let folder = Folder::new("together");
    let without_key = {
        let mut configuration = configuration("https://server.example/token");
        configuration.client_authentication = ClientAuthenticationMethod::PrivateKeyJwt;
        router(configuration).unwrap_err()
    };
    let without_way = {
        let mut configuration = configuration("https://server.example/token");
        configuration.client_key = Some(folder.write("key", PEM));
        router(configuration).unwrap_err()
    };
    assert_eq!((without_key.member, without_way.member), ("client_key", "client_key"));
}
