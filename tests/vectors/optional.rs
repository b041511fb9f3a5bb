//! The messages of optional features: proofs of a key, pushed and rich requests, assertions.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use wicketgate::protocol::authorization_details::check;
use wicketgate::protocol::client_assertion::ClientAssertion;
use wicketgate::protocol::dpop::{Nonces, Proof, asks_for_nonce, challenge_asks_for_nonce};
use wicketgate::protocol::http::{Purpose, Request, Response};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jws::UnsignedJws;
use wicketgate::protocol::metadata::ServerMetadata;
use wicketgate::protocol::public_key::PublicKey;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{ClientAuthentication, CodeExchange, TokenType};
use wicketgate::protocol::url::Url;

use super::{begun, bytes, error_value, expect_members, joined, json_of, text, value_of};

/// The key of the examples of RFC 9449, as text, because its members must keep their order.
const KEY: &[u8] = br#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;

fn unsigned_proof(input: &Value) -> UnsignedJws {
    expect_members(input, "method url id now access_token nonce key signature");
    let key = input.get("key").map_or_else(|| Json::parse(KEY).unwrap(), json_of);
    let key = PublicKey::from_jwk(&key).unwrap();
    let access_token = input["access_token"].as_str().map(|token| Secret::new(token.into()));
    let proof = Proof {
        key: &key,
        algorithm: "ES256",
        method: text(input, "method"),
        url: &Url::parse(text(input, "url")).unwrap(),
        access_token: access_token.as_ref(),
        nonce: input["nonce"].as_str(),
        id: text(input, "id"),
        now: input["now"].as_u64().unwrap(),
    };
    proof.unsigned()
}

fn parts_of(unsigned: &UnsignedJws) -> [Value; 2] {
    let text = core::str::from_utf8(unsigned.signing_input()).unwrap();
    let (header, claims) = text.split_once('.').unwrap();
    [header, claims].map(|part| value_of(&Json::parse(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()))
}

pub(super) fn dpop_proof(input: &Value) -> Value {
    let [header, claims] = parts_of(&unsigned_proof(input));
    json!({"header": header, "claims": claims})
}

pub(super) fn signed_proof(input: &Value) -> Value {
    let signature = Base64UrlUnpadded::decode_vec(text(input, "signature")).unwrap();
    json!({"token": unsigned_proof(input).signed(&signature).expose()})
}

pub(super) fn thumbprint(input: &Value) -> Value {
    expect_members(input, "key");
    PublicKey::from_jwk(&json_of(&input["key"])).map_or(Value::Null, |key| key.thumbprint().into())
}

fn json_response(status: u64, body: &Value) -> Response {
    Response::new(u16::try_from(status).unwrap(), Some("application/json".into()), bytes(body))
}

pub(super) fn dpop_nonce(input: &Value) -> Value {
    expect_members(input, "status body nonce");
    let mut response = json_response(input["status"].as_u64().unwrap(), &input["body"]);
    response.dpop_nonce = input.get("nonce").map(|nonce| joined(nonce).as_str().unwrap().to_owned());
    let url = Url::parse("https://as.example/token").unwrap();
    let mut nonces = Nonces::default();
    nonces.remember(&url, &response.dpop_nonce);
    let mut value = json!({"asks": asks_for_nonce(&response, None)});
    if let Some(next) = nonces.of(&url) {
        value["next"] = next.into();
    }
    value
}

pub(super) fn dpop_challenge(input: &Value) -> Value {
    expect_members(input, "www_authenticate");
    challenge_asks_for_nonce(text(input, "www_authenticate"), &Some("n".into()), None).into()
}

pub(super) fn token_type(input: &Value) -> Value {
    expect_members(input, "body must_be_bound without_proof");
    let exchange = CodeExchange::from_hand_off(br#"{"code":"c","state":"s","client_id":"app"}"#).unwrap();
    let response = json_response(200, &input["body"]);
    let tokens = match input["without_proof"] == true {
        true => exchange.finish(&response),
        false => exchange.finish_with_proof(&response, input["must_be_bound"] == true),
    };
    tokens.map_or_else(|error| error_value(&error), |tokens| TokenType::as_str(tokens.token_type).into())
}

fn server() -> ServerMetadata {
    let metadata = json!({
        "authorization_endpoint": "https://as.example/authorize",
        "pushed_authorization_request_endpoint": "https://as.example/as/par",
        "require_pushed_authorization_requests": true,
    });
    ServerMetadata::new(json_of(&metadata)).unwrap()
}

pub(super) fn pushed_request(input: &Value) -> Value {
    expect_members(input, "asked");
    let request = begun(&input["asked"]).unwrap().push(&server(), &ClientAuthentication::None).unwrap();
    assert_eq!(request.purpose, Purpose::Push);
    json!({"url": request.url, "body": request.body.as_ref().unwrap().expose()})
}

pub(super) fn pushed_answer(input: &Value) -> Value {
    expect_members(input, "status content_type body");
    let request = begun(&json!({"client_id": "s6BhdRkqt3", "is_pushed": true})).unwrap();
    let state = request.transaction().state().to_owned();
    let mut response = json_response(input["status"].as_u64().unwrap(), &input["body"]);
    if let Some(content_type) = input["content_type"].as_str() {
        response.content_type = Some(content_type.into());
    }
    match request.pushed(&server(), &response) {
        Ok(pushed) => {
            assert_eq!(pushed.transaction().state(), state);
            json!({"url": pushed.url(), "expires_in": pushed.expires_in})
        }
        Err(error) => error_value(&error),
    }
}

pub(super) fn authorization_details(input: &Value) -> Value {
    expect_members(input, "details");
    let details = json_of(&input["details"]);
    assert_eq!(begun(&json!({})).unwrap().with_details(&details).is_ok(), check(&details).is_ok());
    let request = match begun(&json!({})).unwrap().with_details(&details) {
        Ok(request) => request,
        Err(error) => return error_value(&error),
    };
    let url = Url::parse(request.url()).unwrap();
    let sent = url.query().unwrap().split('&').find_map(|pair| pair.strip_prefix("authorization_details=")).unwrap();
    json!({"sent": wicketgate::protocol::url::decode_component(sent).unwrap()})
}

pub(super) fn client_assertion(input: &Value) -> Value {
    expect_members(input, "client_id audience algorithm key_id id now");
    let assertion = ClientAssertion {
        client_id: text(input, "client_id"),
        audience: text(input, "audience"),
        algorithm: text(input, "algorithm"),
        key_id: text(input, "key_id"),
        id: text(input, "id"),
        now: input["now"].as_u64().unwrap(),
    };
    let [header, claims] = parts_of(&assertion.unsigned());
    json!({"header": header, "claims": claims})
}

pub(super) fn assertion_in_form(input: &Value) -> Value {
    expect_members(input, "form assertion");
    let form = Secret::new(text(input, "form").into());
    let request = Request::post(Purpose::Token, "https://as.example/token".into(), "application/x-www-form-urlencoded", form);
    let request = request.with_client_assertion(&Secret::new(text(input, "assertion").into()));
    request.body.as_ref().unwrap().expose().into()
}
