//! The vectors in `tests/vectors/`: the result of each rule for each input. The same functions run natively and in the browser,
//! because `Url` uses another parser there.
//!
//! A file is an object of groups, and a group is an array of cases: `name`, `source` (a rule of ours, or a section of a
//! standard), `input`, `expected`. If a target is known to answer a case differently, the case lists that answer under
//! `deviates`, by `native`, `chromium`, `firefox` or `webkit`. Once the target gives the expected answer, the run fails until
//! the entry is removed.
//!
//! In inputs and expectations, `{"repeat": s, "times": n}` is `s` n times; an array that contains such a piece is its pieces
//! joined. In inputs, `{"hex": …}` are bytes. In expectations, `{"spelling": …}` is a number in its original spelling.
//! `{state}` in a callback's URL is the state of the request.
//!
//! A token in an input is either `token`, taken as it is, or `header`, `payload` and `signature`, each a text, bytes, JSON, or
//! `{"raw": …}`, which is already encoded.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "in a test they are how it fails")]

use std::cell::RefCell;
use std::future::ready;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use wicketgate::client::{AccessTokenOptions, Configuration, LoginOptions, LogoutOptions};
use wicketgate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, Entropy, Transaction};
use wicketgate::protocol::callback::{AuthorizationResponse, is_response, unverified_error, without_response};
use wicketgate::protocol::challenge::step_up;
use wicketgate::protocol::error::{Error, ErrorKind, Flaw};
use wicketgate::protocol::http::{Request, Response};
use wicketgate::protocol::id_token::{
    Expected, Refreshed, at_hash_bits, check_at_hash, refreshed as refreshed_id_token, validate,
};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jwk::JwkSet;
use wicketgate::protocol::jws::{Algorithm, Jws, SignatureCheck, VerifiedJws};
use wicketgate::protocol::logout::LogoutRequest;
use wicketgate::protocol::metadata::{ServerMetadata, discovery_urls};
use wicketgate::protocol::pkce::code_challenge;
use wicketgate::protocol::return_to::same_origin_path;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{ClientAuthentication, CodeExchange, RefreshFailure, TokenSet, refresh_request, refreshed};
use wicketgate::protocol::url::{Url, append_parameter, decode_component, is_plain, is_redirect_uri};
use wicketgate::protocol::userinfo::{self as userinfo_endpoint, Answer, signed_claims};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// The target whose URL parser and signatures run.
fn target() -> &'static str {
    #[cfg(target_arch = "wasm32")]
    {
        let agent = js_sys::eval("navigator.userAgent").unwrap().as_string().unwrap();
        // Each browser's user agent also names older browsers, for the sake of old pages.
        [("Firefox/", "firefox"), ("Chrome/", "chromium")]
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map_or("webkit", |&(_, name)| name)
    }
    #[cfg(not(target_arch = "wasm32"))]
    "native"
}

/// One test for each group of each file, and one for each file that checks that no group is left out. After a case that waits
/// for its host stands `.await`.
macro_rules! vectors {
    ($($(#[$when:meta])? $file:ident { $($rule:ident => $case:ident $(.$await:tt)?,)+ })+) => { $(
        $(#[$when])?
        mod $file {
            const FILE: &str = include_str!(concat!("vectors/", stringify!($file), ".json"));

            #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
            #[cfg_attr(not(target_arch = "wasm32"), test)]
            fn every_group_is_run() {
                super::check_groups(FILE, &[$(stringify!($rule)),+]);
            }

            $(
                #[cfg(target_arch = "wasm32")]
                #[wasm_bindgen_test::wasm_bindgen_test]
                async fn $rule() {
                    super::run(FILE, stringify!($rule), async |input| super::$case(input)$(.$await)?).await;
                }

                #[cfg(not(target_arch = "wasm32"))]
                #[test]
                fn $rule() {
                    super::host::at_once(super::run(FILE, stringify!($rule), async |input| super::$case(input)$(.$await)?));
                }
            )+
        }
    )+ };
}

#[cfg(all(feature = "dpop", feature = "par", feature = "rar"))]
#[path = "vectors/optional.rs"]
mod optional;
#[cfg(all(feature = "dpop", feature = "par", feature = "rar"))]
use optional::{
    assertion_in_form, authorization_details, client_assertion, dpop_challenge, dpop_nonce, dpop_proof, pushed_answer,
    pushed_request, signed_proof, thumbprint, token_type,
};

vectors! {
    url {
        one_url_on_every_target => url_parsing,
        references_resolve_alike => url_joining,
        plain_text => plain_text,
        form_encoding => form_encoding,
        form_decoding => form_decoding,
    }
    return_to {
        same_origin_path => return_to_path,
    }
    pkce {
        s256 => s256,
    }
    authorization {
        proof_and_nonce => authorization_request,
        parameters => authorization_url,
        redirect_uri_as_configured => authorization_request,
        redirect_uri_is_checked => redirect_uri,
        transaction => authorization_request,
        stored_transaction => stored_transaction,
        max_age => authorization_request,
        authentication_context => authorization_request,
    }
    callback {
        where_it_came => authorization_response,
        is_response => looks_like_a_response,
        form => authorization_response,
        error_without_state => error_without_state,
        cleaned_url => cleaned_url,
        transaction => authorization_response,
        issuer => authorization_response,
        error => authorization_response,
    }
    metadata {
        what_a_server_has => server_identity,
        members => server_metadata,
        discovery_places => discovery_places,
        discovery_answers => discovery_answer,
    }
    token_response {
        tokens => token_response_of_a_code,
        lifetime => token_response_of_a_code,
        what_is_no_token_response => token_response_of_a_code,
        refusals => token_response_of_a_code,
        refresh_request => token_request_of_a_refresh,
        refreshed => token_response_of_a_refresh,
        failed_refresh => failed_refresh,
    }
    hand_off {
        hand_off => hand_off_of_a_page,
        hand_off_is_read => hand_off_at_a_backend,
        token_request_of_a_page => token_request_of_a_page,
        token_request_of_a_backend => token_request_of_a_backend,
        hand_off_of_what_was_asked => hand_off_of_a_page,
        hand_off_of_what_was_asked_is_read => what_was_asked_at_a_backend,
    }
    jws {
        token_is_read => token,
        what_is_no_token => token,
        every_part_is_strict => token,
        algorithm => token,
        base64url_is_strict => signature_bytes.await,
        algorithms_of_the_server => algorithm_of_the_server,
        signatures_of_the_standards => signature_of_a_standard.await,
        signature => signature.await,
    }
    jwk {
        key_set_is_read => key_set,
        key_of_the_examples => key_candidates,
        key_by_its_name => key_candidates,
        key_suits => key_candidates,
        nothing_of_a_key_but_its_public_numbers => key_candidates,
    }
    id_token {
        step_2_issuer => id_token_claims,
        steps_3_to_5_audience => id_token_claims,
        step_9_expiry => id_token_claims,
        step_10_issued => id_token_claims,
        step_10_not_before => id_token_claims,
        step_11_nonce => id_token_claims,
        step_12_authentication_context => id_token_claims,
        step_13_authentication_time => id_token_claims,
        subject => id_token_claims,
        other_claims => id_token_claims,
        access_token_hash => access_token_hash.await,
        refreshed => refreshed_claims,
    }
    userinfo {
        userinfo_request => userinfo_request,
        userinfo_answer => userinfo_answer,
        userinfo_signed => userinfo_signed,
        userinfo_subject => userinfo_subject,
    }
    logout {
        logout_url => logout_url,
    }
    challenge {
        step_up => challenge_of_an_api,
        what_asks_for_no_step_up => challenge_of_an_api,
        grammar => challenge_of_an_api,
        parameters => challenge_of_an_api,
    }
    json {
        what_is_read => json_text,
        what_is_refused => json_text,
        depth_is_bounded => json_is_accepted,
        members_are_bounded => json_members,
    }
    configuration {
        client_configuration => client_configuration,
        login_options => login_options,
        access_token_options => options_of_access_token,
        logout_options => options_of_logout,
    }
    #[cfg(all(feature = "dpop", feature = "par", feature = "rar"))]
    dpop {
        proof_as_signed => signed_proof,
        proof => dpop_proof,
        thumbprint => thumbprint,
        nonce => dpop_nonce,
        challenge => dpop_challenge,
        token_type => token_type,
    }
    #[cfg(all(feature = "dpop", feature = "par", feature = "rar"))]
    pushed {
        request => pushed_request,
        answer => pushed_answer,
    }
    #[cfg(all(feature = "dpop", feature = "par", feature = "rar"))]
    authorization_details {
        details => authorization_details,
    }
    #[cfg(all(feature = "dpop", feature = "par", feature = "rar"))]
    client_assertion {
        assertion => client_assertion,
        form => assertion_in_form,
    }
}

/// The operations that the host of this target performs.
#[cfg(not(target_arch = "wasm32"))]
mod host {
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};

    use wicketgate::protocol::jws::SignatureCheck;

    use support::signature;

    /// The output of `future`, which waits for nothing.
    pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }

    pub(super) async fn verifies(check: SignatureCheck) -> bool {
        signature::verifies(&check)
    }

    pub(super) async fn digest(bits: u16, bytes: &[u8]) -> Vec<u8> {
        signature::hash(bits, bytes)
    }
}

#[cfg(target_arch = "wasm32")]
mod host {
    use wicketgate::browser::Browser;
    use wicketgate::host::Host;
    use wicketgate::protocol::jws::SignatureCheck;

    pub(super) async fn verifies(check: SignatureCheck) -> bool {
        Browser::page().unwrap().host().verify(check).await.unwrap()
    }

    pub(super) async fn digest(bits: u16, bytes: &[u8]) -> Vec<u8> {
        Browser::page().unwrap().host().digest(bits, bytes).await.unwrap()
    }
}

// ── how a group is run ──

fn check_groups(file: &str, run: &[&str]) {
    let file: Value = serde_json::from_str(file).unwrap();
    let mut run: Vec<&str> = run.to_vec();
    run.sort_unstable();
    let mut groups: Vec<&str> = file.as_object().unwrap().keys().map(String::as_str).collect();
    groups.sort_unstable();
    assert_eq!(groups, run, "the groups of the file, and those that are run");
}

async fn run(file: &str, group: &str, case: impl AsyncFn(&Value) -> Value) {
    let target = target();
    let file: Value = serde_json::from_str(file).unwrap();
    let cases = file[group].as_array().unwrap();
    assert!(!cases.is_empty(), "{group} has no case");
    let mut names = Vec::new();
    let mut failures = Vec::new();
    for vector in cases {
        expect_members(vector, "name source input expected deviates");
        if let Some(deviates) = vector.get("deviates") {
            expect_members(deviates, "native chromium firefox webkit");
        }
        let name = vector["name"].as_str().unwrap();
        assert!(!names.contains(&name), "two cases are called “{name}”");
        names.push(name);
        assert!(vector["source"].as_str().is_some_and(|source| !source.is_empty()), "“{name}” has no source");
        let expected = joined(vector.get("expected").unwrap_or_else(|| panic!("“{name}” expects nothing")));
        let actual = case(&joined(&vector["input"])).await;
        match vector.get("deviates").and_then(|deviates| deviates.get(target)) {
            None if actual == expected => {}
            None => failures.push(format!("{name}\n    expected {expected}\n    got      {actual}")),
            Some(_) if actual == expected => failures.push(format!("{name}\n    is as expected, but listed as a deviation")),
            Some(known) if actual == joined(known) => {}
            Some(known) => failures.push(format!("{name}\n    is known to give {known}\n    got               {actual}")),
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases of {group} fail ({target}):\n  {}",
        failures.len(),
        cases.len(),
        failures.join("\n  ")
    );
}

/// A case with a misspelt member would test nothing.
fn expect_members(object: &Value, names: &str) {
    for name in object.as_object().unwrap().keys() {
        assert!(names.split(' ').any(|known| known == name), "{name} is not a member that is read: {object}");
    }
}

fn joined(value: &Value) -> Value {
    let piece = |value: &Value| Some(value["repeat"].as_str()?.repeat(usize::try_from(value["times"].as_u64()?).ok()?));
    match value {
        Value::Object(members) => match piece(value) {
            Some(text) => text.into(),
            None => members.iter().map(|(name, value)| (name.clone(), joined(value))).collect(),
        },
        Value::Array(items) if items.iter().any(|item| piece(item).is_some()) => {
            items.iter().map(|item| piece(item).unwrap_or_else(|| item.as_str().unwrap().into())).collect::<String>().into()
        }
        Value::Array(items) => items.iter().map(joined).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

// ── inputs ──

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_else(|| panic!("{name} is no text: {input}"))
}

fn json_of(value: &Value) -> Json {
    Json::parse(value.to_string().as_bytes()).unwrap()
}

/// A text as it is, `{"hex": …}` as bytes, any other value as JSON text.
fn bytes(value: &Value) -> Vec<u8> {
    match (value.as_str(), value["hex"].as_str()) {
        (Some(text), _) => text.into(),
        (_, Some(hex)) => from_hex(hex),
        _ => value.to_string().into(),
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2));
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One part of a token, encoded.
fn part(value: &Value) -> String {
    value["raw"].as_str().map_or_else(|| Base64UrlUnpadded::encode_string(&bytes(value)), Into::into)
}

fn parsed(input: &Value) -> Result<Jws, Flaw> {
    match input.get("token") {
        Some(token) => Jws::parse(token.as_str().unwrap()),
        None => Jws::parse(&["header", "payload", "signature"].map(|name| part(&input[name])).join(".")),
    }
}

/// A token with this header and nothing else.
fn token_of(header: &Value) -> Jws {
    parsed(&json!({"header": header, "payload": {}, "signature": ""})).unwrap()
}

fn key_set_of(keys: &Value) -> JwkSet {
    let body = json!({"keys": keys});
    JwkSet::from_response(&response_of(&json!({"status": 200, "content_type": "application/json", "body": body}))).unwrap()
}

/// State and nonce are zeros and seventeens; the verifier is the one of RFC 7636 appendix B.
fn entropy() -> Entropy {
    const VERIFIER: [u8; 32] = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91, 88,
        5, 88, 83, 132, 141, 121,
    ];
    [[0; 32], [17; 32], VERIFIER]
}

const NOW: u64 = 1_700_000_000_000;
const LIFETIME: u64 = 600_000;
const ISSUER: &str = "https://as.example";
const TOKEN_ENDPOINT: &str = "https://as.example/token";

/// Begins a login with the options in `asked`.
fn begun(asked: &Value) -> Result<AuthorizationRequest, Error> {
    expect_members(
        asked,
        "metadata client_id redirect_uri scope resource pkce prompt login_hint ui_locales acr_values max_age extra return_to app_state \
         binding is_pushed",
    );
    let default = json!({"authorization_endpoint": "https://as.example/authorize"});
    let server = ServerMetadata::new(json_of(asked.get("metadata").unwrap_or(&default))).unwrap();
    let json = |name: &str| asked.get(name).map(json_of);
    let (resource, app_state) = (json("resource"), json("app_state"));
    // As pairs, because the caller's order counts, and serde_json sorts members.
    let pair = |pair: &Value| (pair[0].as_str().unwrap().into(), Json::String(pair[1].as_str().unwrap().into()));
    let extra = asked["extra"].as_array().map(|pairs| Json::Object(pairs.iter().map(pair).collect()));
    let parameters = AuthorizationParameters {
        client_id: asked["client_id"].as_str().unwrap_or("app"),
        redirect_uri: asked["redirect_uri"].as_str(),
        scope: asked["scope"].as_str(),
        resource: resource.as_ref(),
        pkce: asked["pkce"].as_bool().unwrap_or_default(),
        is_begun_at_backend: false,
        named: ["prompt", "login_hint", "ui_locales", "acr_values"].map(|name| (name, asked[name].as_str())),
        max_age: asked["max_age"].as_u64(),
        extra: extra.as_ref(),
        return_to: asked["return_to"].as_str().unwrap_or("/"),
        app_state: app_state.as_ref(),
        binding: asked["binding"].as_str(),
        is_pushed: asked["is_pushed"].as_bool().unwrap_or_default(),
        #[cfg(feature = "popup")]
        is_answered_elsewhere: false,
    };
    AuthorizationRequest::new(&server, &parameters, &entropy(), NOW)
}

fn transaction_of(request: &AuthorizationRequest) -> Transaction {
    Transaction::from_text(request.transaction().to_text().expose()).unwrap()
}

/// A login that began, was answered by `callback` (a query), and passed all checks.
fn validated(asked: &Value, callback: &str) -> CodeExchange {
    let request = begun(asked).unwrap();
    let transaction = transaction_of(&request);
    let mut url = String::from(asked["redirect_uri"].as_str().unwrap_or("https://app.example/"));
    url.push_str(&callback.replace("{state}", transaction.state()));
    let response = AuthorizationResponse::from_callback_url(&Url::parse(&url).unwrap()).unwrap();
    let server = ServerMetadata::new(json_of(&json!({"issuer": ISSUER}))).unwrap();
    response.complete(transaction, &server).unwrap()
}

fn response_of(input: &Value) -> Response {
    let status = u16::try_from(input["status"].as_u64().unwrap()).unwrap();
    Response::new(status, input["content_type"].as_str().map(Into::into), bytes(&input["body"]))
}

// ── outcomes ──

fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => (*bool).into(),
        Json::Number(spelling) => match spelling.parse::<u64>() {
            Ok(number) => number.into(),
            Err(_) => json!({"spelling": spelling}),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(value_of).collect(),
        Json::Object(members) => members.iter().map(|(name, value)| (name.clone(), value_of(value))).collect(),
    }
}

/// The code, the member at fault, and the server's words; not our own words, which may be improved.
fn error_value(error: &Error) -> Value {
    let json = value_of(&error.to_json());
    let mut value = json!({"code": error.code()});
    for name in ["status", "oauth", "found", "expected"] {
        if let Some(member) = json.get(name) {
            value[name] = member.clone();
        }
    }
    if json["verified"] == false {
        value["verified"] = false.into();
    }
    if let ErrorKind::InvalidConfig { member, .. }
    | ErrorKind::InvalidOption { member, .. }
    | ErrorKind::InvalidMetadata { member, .. }
    | ErrorKind::UnsupportedEnvironment { missing: member } = error.kind()
    {
        value["member"] = member.as_str().into();
    }
    value
}

/// Only that it succeeded.
fn nothing<T>(result: Result<T, Error>) -> Value {
    result.map_or_else(|error| error_value(&error), |_| json!({}))
}

/// The wrong claim or member, and by how much; not our own words, either.
fn flaw_value(flaw: &Flaw) -> Value {
    let mut value = json!({"claim": flaw.claim});
    if let Some(seconds) = flaw.seconds {
        value["seconds"] = seconds.into();
    }
    for (name, text) in [("found", flaw.found()), ("expected", flaw.expected())] {
        if let Some(text) = text {
            value[name] = text.into();
        }
    }
    value
}

fn accepted<T>(result: Result<T, Flaw>) -> Value {
    result.map_or_else(|flaw| flaw_value(&flaw), |_| json!({"is_accepted": true}))
}

fn tokens_value(tokens: &TokenSet) -> Value {
    let mut value = json!({
        "access_token": tokens.access_token.expose(),
        "token_type": tokens.token_type.as_str(),
        "expires_in": tokens.expires_in,
        "scope": tokens.scope,
        "refresh_token": tokens.refresh_token.as_ref().map(Secret::expose),
        "id_token": tokens.id_token.as_ref().map(Secret::expose),
        "other": value_of(&tokens.other),
    });
    if let Some(lifetime) = tokens.refresh_expires_in {
        value["refresh_expires_in"] = lifetime.into();
    }
    json!({"tokens": value})
}

fn request_value(request: &Request) -> Value {
    let body = request.body.as_ref().map(Secret::expose);
    json!({
        "purpose": format!("{:?}", request.purpose),
        "url": request.url,
        "headers": request.headers,
        "body": body.map(|body| serde_json::from_str(body).unwrap_or_else(|_| Value::from(body))),
    })
}

fn hand_off_value(exchange: &CodeExchange) -> Value {
    request_value(&exchange.hand_off("https://app.example/exchange", None))["body"].clone()
}

// ── url.json ──

fn url_value(url: Option<Url>) -> Value {
    url.map_or(Value::Null, |url| {
        json!({
            "href": url.href(),
            "origin": url.origin(),
            "path": url.path(),
            "query": url.query(),
            "fragment": url.fragment(),
            "location": url.location(),
            "has_credentials": url.has_credentials(),
            "is_confidential": url.is_confidential(),
        })
    })
}

fn url_parsing(input: &Value) -> Value {
    expect_members(input, "text");
    url_value(Url::parse(text(input, "text")))
}

fn url_joining(input: &Value) -> Value {
    expect_members(input, "base reference");
    url_value(Url::parse(text(input, "base")).unwrap().join(text(input, "reference")))
}

fn plain_text(input: &Value) -> Value {
    json!({"is_plain": is_plain(text(input, "text"))})
}

fn form_encoding(input: &Value) -> Value {
    let mut query = String::new();
    append_parameter(&mut query, "", Some(text(input, "text")));
    json!({"encoded": query.strip_prefix('=')})
}

fn form_decoding(input: &Value) -> Value {
    json!({"decoded": decode_component(text(input, "text"))})
}

// ── return_to.json ──

fn return_to_path(input: &Value) -> Value {
    expect_members(input, "return_to page");
    let path = same_origin_path(text(input, "return_to"), &Url::parse(text(input, "page")).unwrap());
    path.map_or_else(|error| error_value(&error), |path| json!({"path": path}))
}

// ── pkce.json ──

fn s256(input: &Value) -> Value {
    expect_members(input, "entropy");
    let verifier = Secret::from_entropy(&from_hex(text(input, "entropy")).try_into().unwrap());
    json!({"verifier": verifier.expose(), "challenge": code_challenge(&verifier)})
}

// ── authorization.json ──

fn authorization_request(input: &Value) -> Value {
    match begun(input) {
        Ok(request) => {
            let transaction = Json::parse(request.transaction().to_text().expose().as_bytes()).unwrap();
            json!({"url": request.url(), "transaction": value_of(&transaction)})
        }
        Err(error) => error_value(&error),
    }
}

/// Only the URL: other groups cover the transaction.
fn authorization_url(input: &Value) -> Value {
    begun(input).map_or_else(|error| error_value(&error), |request| json!({"url": request.url()}))
}

fn redirect_uri(input: &Value) -> Value {
    json!(is_redirect_uri(text(input, "redirect_uri")))
}

fn stored_transaction(input: &Value) -> Value {
    Transaction::from_text(text(input, "text")).map_or(Value::Null, |transaction| {
        json!({
            "state": transaction.state(),
            "created_at": transaction.created_at(),
            "return_to": transaction.return_to(),
        })
    })
}

// ── callback.json ──

/// Begins a login, then parses, checks and completes its response; `stage` says where it ended.
fn authorization_response(input: &Value) -> Value {
    expect_members(
        input,
        "url issuer iss_supported redirect_uri response_mode binding now present_issuer present_client_id present_binding",
    );
    let issuer = input.get("issuer").map_or(Some(ISSUER), Value::as_str);
    let metadata = |issuer: Option<&str>| {
        let mut metadata = json!({"authorization_endpoint": "https://as.example/authorize"});
        if let Some(issuer) = issuer {
            metadata["issuer"] = issuer.into();
        }
        if let Some(supported) = input.get("iss_supported") {
            metadata["authorization_response_iss_parameter_supported"] = supported.clone();
        }
        metadata
    };
    let mut asked = json!({
        "metadata": metadata(issuer),
        "redirect_uri": input.get("redirect_uri").unwrap_or(&json!("https://app.example/cb")),
        "pkce": true,
        "binding": input["binding"],
    });
    if let Some(response_mode) = input.get("response_mode") {
        asked["extra"] = json!([["response_mode", response_mode]]);
    }
    let transaction = transaction_of(&begun(&asked).unwrap());
    let url = Url::parse(&text(input, "url").replace("{state}", transaction.state())).unwrap();

    let mut value = outcome(input, &url, transaction, &metadata(input["present_issuer"].as_str().or(issuer)));
    value["cleaned"] = without_response(&url).into();
    value
}

fn outcome(input: &Value, url: &Url, transaction: Transaction, metadata: &Value) -> Value {
    let failed = |stage: &str, error: &Error| json!({"stage": stage, "error": error_value(error)});
    let server = ServerMetadata::new(json_of(metadata)).unwrap();
    let response = match AuthorizationResponse::from_callback_url(url) {
        Ok(response) => response,
        Err(error) => return failed("form", &error),
    };
    let client_id = input["present_client_id"].as_str().unwrap_or("app");
    let now = input["now"].as_u64().unwrap_or(NOW);
    let binding = input.get("present_binding").and_then(Value::as_str);
    if let Err(error) = response.check_transaction(&transaction, &server, client_id, now, LIFETIME, binding) {
        return failed("transaction", &error);
    }
    match response.complete(transaction, &server) {
        Ok(exchange) => json!({"hand_off": hand_off_value(&exchange)}),
        Err(error) => failed("answer", &error),
    }
}

fn cleaned_url(input: &Value) -> Value {
    expect_members(input, "url");
    json!({"cleaned": without_response(&Url::parse(text(input, "url")).unwrap())})
}

fn looks_like_a_response(input: &Value) -> Value {
    expect_members(input, "url redirect_uri");
    json!({"is_response": is_response(&Url::parse(text(input, "url")).unwrap(), input["redirect_uri"].as_str())})
}

fn error_without_state(input: &Value) -> Value {
    expect_members(input, "url redirect_uri");
    let error = unverified_error(&Url::parse(text(input, "url")).unwrap(), input["redirect_uri"].as_str());
    json!({"error": error.map(|error| error_value(&error))})
}

// ── metadata.json ──

fn server_metadata(input: &Value) -> Value {
    nothing(ServerMetadata::new(json_of(&input["metadata"])))
}

fn server_identity(input: &Value) -> Value {
    let server = ServerMetadata::new(json_of(&input["metadata"])).unwrap();
    json!({"identity": server.identity(), "lacks_s256": server.lacks_s256()})
}

fn discovery_places(input: &Value) -> Value {
    discovery_urls(text(input, "issuer")).map_or_else(|error| error_value(&error), |places| json!({"places": places}))
}

fn discovery_answer(input: &Value) -> Value {
    expect_members(input, "issuer status content_type body");
    match ServerMetadata::from_discovery(&response_of(input), text(input, "issuer")) {
        Ok(server) => json!({"metadata": server.map(|server| value_of(server.as_json()))}),
        Err(error) => error_value(&error),
    }
}

// ── token_response.json ──

fn token_response_of_a_code(input: &Value) -> Value {
    expect_members(input, "status content_type body scope");
    let exchange = validated(&json!({"scope": input["scope"]}), "?code=ABC&state={state}");
    exchange.finish(&response_of(input)).map_or_else(|error| error_value(&error), |tokens| tokens_value(&tokens))
}

fn token_request_of_a_refresh(input: &Value) -> Value {
    expect_members(input, "client_id refresh_token resource");
    let refresh_token = Secret::new(text(input, "refresh_token").into());
    let resource = input.get("resource").map(json_of);
    request_value(&refresh_request(TOKEN_ENDPOINT, text(input, "client_id"), refresh_token.expose(), resource.as_ref()))
}

fn token_response_of_a_refresh(input: &Value) -> Value {
    expect_members(input, "status content_type body");
    refreshed(&response_of(input)).map_or_else(|error| error_value(&error), |tokens| tokens_value(&tokens))
}

fn failed_refresh(input: &Value) -> Value {
    expect_members(input, "status content_type body");
    json!({"means": format!("{:?}", RefreshFailure::of(&refreshed(&response_of(input)).unwrap_err()))})
}

// ── hand_off.json ──

fn hand_off_of_a_page(input: &Value) -> Value {
    expect_members(input, "asked callback headers");
    let headers = input.get("headers").filter(|headers| headers.is_object()).map(json_of);
    let exchange = validated(&input["asked"], text(input, "callback"));
    request_value(&exchange.hand_off("https://app.example/exchange", headers.as_ref()))
}

fn hand_off_at_a_backend(input: &Value) -> Value {
    match CodeExchange::from_hand_off(&bytes(&input["body"])) {
        Ok(exchange) => json!({
            "client_id": exchange.client_id(),
            "redirect_uri": exchange.redirect_uri(),
            "iss": exchange.iss(),
            "hand_off": hand_off_value(&exchange),
        }),
        Err(error) => error_value(&error),
    }
}

fn what_was_asked_at_a_backend(input: &Value) -> Value {
    match CodeExchange::from_hand_off(&bytes(&input["body"])) {
        Ok(exchange) => json!({
            "nonce": exchange.nonce(),
            "max_age": exchange.max_age(),
            "acr": exchange.acr().map(value_of),
        }),
        Err(error) => error_value(&error),
    }
}

fn token_request_of_a_page(input: &Value) -> Value {
    expect_members(input, "asked callback");
    let exchange = validated(&input["asked"], text(input, "callback"));
    request_value(&exchange.request(TOKEN_ENDPOINT, &ClientAuthentication::None))
}

fn token_request_of_a_backend(input: &Value) -> Value {
    expect_members(input, "hand_off authentication");
    let exchange = CodeExchange::from_hand_off(&bytes(&input["hand_off"])).unwrap();
    let secret = |name: &str| input["authentication"][name].as_str().map(|secret| Secret::new(secret.into()));
    let (post, basic) = (secret("post"), secret("basic"));
    let authentication = match (&post, &basic) {
        (Some(secret), _) => ClientAuthentication::SecretPost(secret),
        (_, Some(secret)) => ClientAuthentication::SecretBasic(secret),
        _ => ClientAuthentication::None,
    };
    request_value(&exchange.request(TOKEN_ENDPOINT, &authentication))
}

// ── challenge.json ──

fn challenge_of_an_api(input: &Value) -> Value {
    expect_members(input, "field");
    let asked = step_up(text(input, "field"));
    if let Some(asked) = &asked {
        // The options of a login accept the result as it is.
        assert!(LoginOptions::from_json(&asked.to_text()).is_ok(), "{input}");
    }
    json!({"step_up": asked.map(|asked| value_of(&asked))})
}

// ── json.json ──

fn json_text(input: &Value) -> Value {
    Json::parse(&bytes(&input["text"])).map_or(Value::Null, |json| json!({"value": value_of(&json), "text": json.to_text()}))
}

fn json_is_accepted(input: &Value) -> Value {
    json!({"is_accepted": Json::parse(&bytes(&input["text"])).is_some()})
}

fn json_members(input: &Value) -> Value {
    let members: Vec<String> = (0..input["members"].as_u64().unwrap()).map(|number| format!("\"{number}\":0")).collect();
    json!({"is_accepted": Json::parse(format!("{{{}}}", members.join(",")).as_bytes()).is_some()})
}

// ── configuration.json ──

fn client_configuration(input: &Value) -> Value {
    nothing(Configuration::from_json(text(input, "text")))
}

fn login_options(input: &Value) -> Value {
    nothing(LoginOptions::from_json(text(input, "text")))
}

fn options_of_access_token(input: &Value) -> Value {
    nothing(AccessTokenOptions::from_json(text(input, "text")).map(|_| ()))
}

fn options_of_logout(input: &Value) -> Value {
    nothing(LogoutOptions::from_json(text(input, "text")).map(|_| ()))
}

// ── jws.json ──

fn token(input: &Value) -> Value {
    expect_members(input, "token header payload signature");
    parsed(input).map_or_else(
        |flaw| flaw_value(&flaw),
        |token| {
            let algorithm = token.algorithm();
            json!({
                "family": format!("{:?}", algorithm.family),
                "hash_bits": algorithm.hash_bits,
                "kty": algorithm.key_type(),
                "crv": algorithm.curve(),
                "kid": token.key_id(),
            })
        },
    )
}

/// The signature's bytes that the host gets, together with the signed bytes.
async fn signature_bytes(input: &Value) -> Value {
    expect_members(input, "signature");
    let token = format!("eyJhbGciOiJSUzI1NiJ9.e30.{}", text(input, "signature"));
    let token = match Jws::parse(&token) {
        Ok(token) => token,
        Err(flaw) => return flaw_value(&flaw),
    };
    let seen = RefCell::new(Value::Null);
    let verified = token.verified(vec![Json::empty()], |check| {
        assert_eq!(check.signed, b"eyJhbGciOiJSUzI1NiJ9.e30");
        seen.replace(json!({"bytes": hex(&check.signature)}));
        ready(Ok(true))
    });
    assert!(verified.await.unwrap().is_some());
    seen.into_inner()
}

fn algorithm_of_the_server(input: &Value) -> Value {
    expect_members(input, "alg supported");
    let supported = input.get("supported").map(json_of);
    let token = token_of(&json!({"alg": input["alg"]}));
    token.check_algorithm(supported.as_ref()).map_or_else(|flaw| flaw_value(&flaw), |()| json!({}))
}

/// Only a signature: the signed text of most examples is not JSON.
async fn signature_of_a_standard(input: &Value) -> Value {
    expect_members(input, "alg key token");
    let (signed, signature) = text(input, "token").rsplit_once('.').unwrap();
    let check = SignatureCheck {
        algorithm: Algorithm::from_name(text(input, "alg")).unwrap(),
        key: json_of(&input["key"]),
        signed: signed.into(),
        signature: Base64UrlUnpadded::decode_vec(signature).unwrap(),
    };
    json!({"is_right": host::verifies(check).await})
}

/// The whole way from a token to whether it is believed.
async fn signature(input: &Value) -> Value {
    expect_members(input, "token keys supported");
    let token = parsed(input).unwrap();
    let supported = input.get("supported").map(json_of);
    if let Err(flaw) = token.check_algorithm(supported.as_ref()) {
        return flaw_value(&flaw);
    }
    let candidates = key_set_of(&input["keys"]).candidates(&token);
    let count = candidates.len();
    let verified = token.verified(candidates, async |check| Ok(host::verifies(check).await)).await.unwrap();
    json!({"candidates": count, "is_verified": verified.is_some()})
}

// ── jwk.json ──

fn key_set(input: &Value) -> Value {
    expect_members(input, "status content_type body");
    nothing(JwkSet::from_response(&response_of(input)))
}

fn key_candidates(input: &Value) -> Value {
    expect_members(input, "header keys");
    let candidates = key_set_of(&input["keys"]).candidates(&token_of(&input["header"]));
    json!({"candidates": candidates.iter().map(value_of).collect::<Vec<_>>()})
}

// ── id_token.json ──

/// Claims that are right at [`NOW`], to the second, with the members of `claims` replaced, `spelled` as JSON text, and those in
/// `without` left out.
fn claims_of(input: &Value) -> Json {
    let mut claims = json!({"iss": ISSUER, "sub": "user-1", "aud": "app", "iat": NOW / 1000, "exp": NOW / 1000 + 300});
    for name in input["without"].as_array().into_iter().flatten() {
        claims.as_object_mut().unwrap().remove(name.as_str().unwrap()).unwrap();
    }
    let mut claims = json_of(&claims);
    for (name, value) in input["claims"].as_object().into_iter().flatten() {
        claims.set(name, json_of(value));
    }
    for (name, spelled) in input["spelled"].as_object().into_iter().flatten() {
        claims.set(name, Json::parse(spelled.as_str().unwrap().as_bytes()).unwrap());
    }
    claims
}

/// A token with these claims, whose signature is believed.
fn verified(claims: &Json) -> VerifiedJws {
    let payload = Base64UrlUnpadded::encode_string(claims.to_text().as_bytes());
    Jws::parse(&format!("eyJhbGciOiJSUzI1NiJ9.{payload}.")).unwrap().trusted_by_tls()
}

fn id_token_claims(input: &Value) -> Value {
    expect_members(input, "claims spelled without against");
    let against = input.get("against").cloned().unwrap_or_else(|| json!({}));
    expect_members(&against, "issuer client_id trusted_audiences nonce max_age acr now tolerance");
    let acr = against.get("acr").map(json_of);
    let trusted = json_of(&against["trusted_audiences"]);
    let expected = Expected {
        issuer: against["issuer"].as_str().unwrap_or(ISSUER),
        client_id: against["client_id"].as_str().unwrap_or("app"),
        trusted_audiences: trusted.items(),
        nonce: against["nonce"].as_str(),
        max_age: against["max_age"].as_u64(),
        acr: acr.as_ref(),
        now: against["now"].as_u64().unwrap_or(NOW),
        tolerance: against["tolerance"].as_u64().unwrap_or(60_000),
    };
    let claims = claims_of(input);
    let validated = validate(verified(&claims), &expected);
    if let Ok(validated) = &validated {
        assert!(*validated == claims, "something was added or left out");
    }
    accepted(validated)
}

async fn access_token_hash(input: &Value) -> Value {
    expect_members(input, "alg access_token at_hash");
    let mut claims = Json::empty();
    if let Some(at_hash) = input.get("at_hash") {
        claims.set("at_hash", json_of(at_hash));
    }
    let algorithm = Algorithm::from_name(text(input, "alg")).unwrap();
    let Some(bits) = at_hash_bits(&claims, algorithm) else { return json!({"is_checked": false}) };
    let hash = host::digest(bits, text(input, "access_token").as_bytes()).await;
    let mut value = accepted(check_at_hash(&claims, &hash));
    value["is_checked"] = true.into();
    value
}

fn refreshed_claims(input: &Value) -> Value {
    expect_members(input, "before claims trusted_audiences");
    let trusted = json_of(&input["trusted_audiences"]);
    let expected = Expected {
        issuer: ISSUER,
        client_id: "app",
        trusted_audiences: trusted.items(),
        // Neither these values nor the times count.
        nonce: Some("of no login"),
        max_age: Some(0),
        acr: None,
        now: NOW,
        tolerance: 0,
    };
    match refreshed_id_token(verified(&json_of(&input["claims"])), &json_of(&input["before"]), &expected) {
        Refreshed::Claims(claims) => json!({"claims": value_of(&claims)}),
        Refreshed::Unchanged(flaw) => json!({"unchanged": flaw_value(&flaw)}),
        Refreshed::Ended(flaw) => json!({"ended": flaw_value(&flaw)}),
    }
}

// ── userinfo.json ──

fn userinfo_error(error: &Error) -> Value {
    let mut value = error_value(error);
    value["claim"] = error.claim().into();
    value
}

fn userinfo_request(input: &Value) -> Value {
    expect_members(input, "endpoint access_token");
    request_value(&userinfo_endpoint::request(text(input, "endpoint"), &Secret::new(text(input, "access_token").into())))
}

fn userinfo_answer(input: &Value) -> Value {
    expect_members(input, "status content_type body");
    match userinfo_endpoint::answer(&response_of(input)) {
        Ok(Answer::Claims(claims)) => json!({"claims": value_of(&claims)}),
        Ok(Answer::Signed(token)) => {
            let Algorithm { family, hash_bits } = token.algorithm();
            json!({"signed": format!("{family:?}{hash_bits}").to_uppercase()})
        }
        Err(error) => userinfo_error(&error),
    }
}

fn userinfo_claims(claims: Result<Json, Error>) -> Value {
    claims.map_or_else(|error| userinfo_error(&error), |claims| json!({"claims": value_of(&claims)}))
}

fn userinfo_signed(input: &Value) -> Value {
    expect_members(input, "payload");
    let token = parsed(&json!({"header": {"alg": "RS256"}, "payload": input["payload"], "signature": ""})).unwrap();
    userinfo_claims(signed_claims(token.trusted_by_tls(), ISSUER, "app"))
}

fn userinfo_subject(input: &Value) -> Value {
    expect_members(input, "claims subject");
    userinfo_claims(userinfo_endpoint::claims(json_of(&input["claims"]), input["subject"].as_str()))
}

// ── logout.json ──

fn logout_url(input: &Value) -> Value {
    expect_members(input, "endpoint id_token_hint client_id post_logout_redirect_uri state logout_hint extra");
    let id_token_hint = input["id_token_hint"].as_str().map(|token| Secret::new(token.into()));
    let request = LogoutRequest {
        id_token_hint: id_token_hint.as_ref().map(Secret::expose),
        client_id: input["client_id"].as_str().unwrap_or("app"),
        post_logout_redirect_uri: input["post_logout_redirect_uri"].as_str(),
        state: input["state"].as_str(),
        logout_hint: input["logout_hint"].as_str(),
        extra: &json_of(&input["extra"]),
    };
    json!({"url": request.url(text(input, "endpoint"))})
}
