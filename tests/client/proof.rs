//! The client's own keys: proofs, bound tokens and assertions; and requests that the client pushes to the server.

use wicketgate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, Transaction};
use wicketgate::protocol::callback::AuthorizationResponse;
use wicketgate::protocol::client_assertion::ClientAssertion;
use wicketgate::protocol::dpop::{Nonces, Proof, asks_for_nonce, challenge_asks_for_nonce, refreshed_with_proof};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::{Purpose, Request, Response};
use wicketgate::protocol::jws::UnsignedJws;
use wicketgate::protocol::metadata::ServerMetadata;
use wicketgate::protocol::public_key::PublicKey;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{ClientAuthentication, CodeExchange, TokenType};
use wicketgate::protocol::url::Url;

use crate::stage::json;

const TOKEN_ENDPOINT: &str = "https://as.example/token";
const AUTHORIZE: &str = "https://as.example/authorize";
/// A key with its private half.
const KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","d":"PRIVATE"}"#;

fn key() -> PublicKey {
    PublicKey::from_jwk(&json(KEY)).unwrap()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

/// Header and claims.
fn parts(unsigned: &UnsignedJws) -> (serde_json::Value, serde_json::Value) {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let text = core::str::from_utf8(unsigned.signing_input()).unwrap();
    let (header, claims) = text.split_once('.').unwrap();
    let read = |part: &str| serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap();
    (read(header), read(claims))
}

fn server() -> ServerMetadata {
    let metadata = r#"{"authorization_endpoint":"https://as.example/authorize","pushed_authorization_request_endpoint":"https://as.example/par","require_pushed_authorization_requests":true}"#;
    ServerMetadata::new(json(metadata)).unwrap()
}

fn request(is_pushed: bool) -> Result<AuthorizationRequest, Error> {
    let asked = AuthorizationParameters {
        client_id: "app",
        redirect_uri: Some("https://app.example/callback"),
        scope: Some("notes"),
        pkce: true,
        return_to: "/",
        is_pushed,
        ..AuthorizationParameters::default()
    };
    AuthorizationRequest::new(&server(), &asked, &[[1; 32], [2; 32], [3; 32]], 0)
}

fn exchange_of(transaction: &Transaction) -> CodeExchange {
    let response = url(&format!("https://app.example/callback?code=c&state={}", transaction.state()));
    let response = AuthorizationResponse::from_callback_url(&response).unwrap();
    response.complete(Transaction::from_text(transaction.to_text().expose()).unwrap(), &server()).unwrap()
}

fn answer(status: u16, body: &str) -> Response {
    Response::new(status, Some("application/json".into()), body.into())
}

fn body(request: &Request) -> String {
    request.body.as_ref().unwrap().expose().to_owned()
}

/// A proof is about one key, one request and one access token. The header contains only the public key; the claims contain the
/// method, the URL without query and fragment, the hash of the access token, and a unique identifier.
///
/// Source: RFC 9449 §4.2, §11.7; RFC 7638 §3
mod proofs {
    use super::*;

    fn proof<'a>(key: &'a PublicKey, url: &'a Url, access_token: Option<&'a Secret>) -> Proof<'a> {
        Proof { key, algorithm: "ES256", method: "GET", url, access_token, nonce: None, id: "once", now: 1_000 }
    }

    #[test]
    fn the_header_has_the_public_half_of_the_key_alone() {
        let (header, _) = parts(&proof(&key(), &url(TOKEN_ENDPOINT), None).unsigned());
        let names: Vec<&String> = header["jwk"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["crv", "kty", "x", "y"]);
        assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("dpop+jwt"), Some("ES256")));
    }

    #[test]
    fn query_and_fragment_are_left_out_of_a_proof() {
        let (_, claims) = parts(&proof(&key(), &url("https://api.example/notes?token=secret#part"), None).unsigned());
        assert_eq!(claims["htu"], "https://api.example/notes");
    }

    #[test]
    fn a_proof_that_goes_with_an_access_token_has_its_hash() {
        let token = secret("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        let (_, claims) = parts(&proof(&key(), &url("https://api.example/"), Some(&token)).unsigned());
        assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
        let (_, claims) = parts(&proof(&key(), &url(TOKEN_ENDPOINT), None).unsigned());
        assert_eq!(claims.get("ath"), None);
    }

    #[test]
    fn a_signed_proof_is_a_header_field_of_the_request() {
        let unsigned = proof(&key(), &url(TOKEN_ENDPOINT), None).unsigned();
        let signed = format!("{}.AQI", core::str::from_utf8(unsigned.signing_input()).unwrap());
        let request = Request::get(Purpose::UserInfo, "https://as.example/me".into()).with_proof(unsigned.signed(&[1, 2]));
        assert!(request.headers.contains(&("dpop".into(), signed)));
    }

    #[test]
    fn a_thumbprint_is_of_the_members_that_make_the_key() {
        assert_eq!(key().thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn what_is_to_be_signed_does_not_show() {
        assert_eq!(format!("{:?}", proof(&key(), &url(TOKEN_ENDPOINT), None).unsigned()), "UnsignedJws(…)");
    }
}

/// A code may be bound to the key that will redeem it: both the request and the transaction contain the thumbprint.
///
/// Source: RFC 9449 §10
mod bound_codes {
    use super::*;

    #[test]
    fn the_request_names_the_key_that_will_redeem_the_code() {
        let request = request(true).unwrap().bound_to(&key());
        assert!(request.url().contains(&format!("&dpop_jkt={}", key().thumbprint())));
        assert_eq!(exchange_of(request.transaction()).key_thumbprint(), Some(key().thumbprint()));
    }

    #[test]
    fn a_code_is_bound_to_no_key_unless_it_is_asked() {
        let request = request(true).unwrap();
        assert!(!request.url().contains("dpop_jkt"));
        assert_eq!(exchange_of(request.transaction()).key_thumbprint(), None);
    }
}

/// The next proof for a server contains the nonce that this server sent last, and no other proof does. A request that was
/// refused for its nonce is repeated only if there is another nonce.
///
/// Source: RFC 9449 §8, §8.2, §9
mod nonces {
    use super::*;

    #[test]
    fn each_server_has_its_own_last_nonce() {
        let mut nonces = Nonces::default();
        nonces.remember(&url(TOKEN_ENDPOINT), &Some("one".into()));
        nonces.remember(&url("https://api.example/a"), &Some("two".into()));
        nonces.remember(&url("https://as.example/par"), &Some("three".into()));
        assert_eq!(nonces.of(&url(TOKEN_ENDPOINT)), Some("three"));
        assert_eq!(nonces.of(&url("https://api.example/b?c")), Some("two"));
        assert_eq!(nonces.of(&url("https://api.example:8443/")), None);
    }

    #[test]
    fn an_answer_without_a_nonce_takes_none_away() {
        let mut nonces = Nonces::default();
        nonces.remember(&url(TOKEN_ENDPOINT), &Some("one".into()));
        nonces.remember(&url(TOKEN_ENDPOINT), &None);
        assert_eq!(nonces.of(&url(TOKEN_ENDPOINT)), Some("one"));
    }

    #[test]
    fn a_demand_for_the_nonce_that_was_sent_is_no_reason_to_ask_again() {
        let mut demand = answer(400, r#"{"error":"use_dpop_nonce"}"#);
        demand.dpop_nonce = Some("one".into());
        let challenge = r#"DPoP error="use_dpop_nonce""#;
        for (sent, asks) in [(None, true), (Some("before"), true), (Some("one"), false)] {
            assert_eq!(asks_for_nonce(&demand, sent), asks, "{sent:?}");
            assert_eq!(challenge_asks_for_nonce(challenge, &demand.dpop_nonce, sent), asks, "{sent:?}");
        }
    }

    #[test]
    fn the_next_proof_has_the_nonce() {
        let (key, url) = (key(), url(TOKEN_ENDPOINT));
        let proof = |nonce| Proof {
            key: &key,
            algorithm: "ES256",
            method: "POST",
            url: &url,
            access_token: None,
            nonce,
            id: "i",
            now: 0,
        };
        assert_eq!(parts(&proof(Some("one")).unsigned()).1["nonce"], "one");
        assert_eq!(parts(&proof(None).unsigned()).1.get("nonce"), None);
    }

    #[test]
    fn an_answer_asks_for_a_nonce_only_if_it_brings_one() {
        let mut demand = answer(400, r#"{"error":"use_dpop_nonce"}"#);
        assert!(!asks_for_nonce(&demand, None));
        demand.dpop_nonce = Some("one".into());
        assert!(asks_for_nonce(&demand, None));
        demand.dpop_nonce = Some("not one".into());
        assert!(!asks_for_nonce(&demand, None));
    }

    #[test]
    fn however_many_servers_there_are_sixteen_are_remembered() {
        let mut nonces = Nonces::default();
        let server = |number: usize| url(&format!("https://api{number}.example/"));
        for number in 0..17 {
            nonces.remember(&server(number), &Some("n".into()));
        }
        assert_eq!(nonces.of(&server(0)), None);
        assert!((1..17).all(|number| nonces.of(&server(number)).is_some()));
    }
}

/// A token of type `DPoP` is accepted only if a proof was sent. If the server ignored the proof, the client says whether it
/// accepts a token that anybody can use.
///
/// Source: RFC 9449 §5; RFC 6749 §7.1
mod bound_tokens {
    use super::*;

    const BOUND: &str = r#"{"access_token":"t","token_type":"DPoP"}"#;
    const UNBOUND: &str = r#"{"access_token":"t","token_type":"Bearer"}"#;

    fn exchange() -> CodeExchange {
        exchange_of(request(true).unwrap().transaction())
    }

    #[test]
    fn a_bound_token_is_taken_where_a_proof_was_sent() {
        assert_eq!(exchange().finish_with_proof(&answer(200, BOUND), true).unwrap().token_type, TokenType::DPoP);
        assert_eq!(refreshed_with_proof(&answer(200, BOUND), false).unwrap().token_type.as_str(), "DPoP");
    }

    #[test]
    fn a_bound_token_is_refused_where_no_proof_was_sent() {
        let error = exchange().finish(&answer(200, BOUND)).unwrap_err();
        assert_eq!(error.code(), "token_response_malformed");
    }

    #[test]
    fn a_proof_that_is_ignored_is_put_up_with_only_if_the_token_need_not_be_bound() {
        assert_eq!(exchange().finish_with_proof(&answer(200, UNBOUND), false).unwrap().token_type, TokenType::Bearer);
        for response in [UNBOUND, r#"{"access_token":"t"}"#] {
            let error = exchange().finish_with_proof(&answer(200, response), true).unwrap_err();
            assert_eq!(error.code(), "token_response_malformed");
            assert_eq!(refreshed_with_proof(&answer(200, response), true).unwrap_err().code(), "token_response_malformed");
        }
    }
}

/// A pushed request has the parameters of the authorization request, and the client's authentication. The browser then carries
/// the client identifier and the server's reference, and nothing else.
///
/// Source: RFC 9126 §2.1, §2.2, §4, §5
mod pushed_requests {
    use super::*;

    #[test]
    fn what_is_pushed_are_the_parameters_of_the_request() {
        let request = request(true).unwrap();
        let pushed = request.push(&server(), &ClientAuthentication::None).unwrap();
        assert_eq!(format!("{AUTHORIZE}?{}", body(&pushed)), request.url());
        assert_eq!(pushed.url, "https://as.example/par");
    }

    #[test]
    fn a_confidential_client_authenticates_as_at_the_token_endpoint() {
        let (request, password) = (request(true).unwrap(), secret("s&p"));
        let push = |authentication| request.push(&server(), &authentication).unwrap();
        assert!(body(&push(ClientAuthentication::SecretPost(&password))).ends_with("&client_secret=s%26p"));
        let basic = push(ClientAuthentication::SecretBasic(&password));
        assert!(basic.headers.contains(&("authorization".into(), "Basic YXBwOnMlMjZw".into())));
        assert!(body(&basic).contains("client_id=app") && !body(&basic).contains("s%26p"));
    }

    #[test]
    fn the_browser_carries_the_reference_alone() {
        let request = request(true).unwrap();
        let state = request.transaction().state().to_owned();
        let pushed = request.pushed(&server(), &answer(201, r#"{"request_uri":"urn:x:1","expires_in":60}"#)).unwrap();
        assert_eq!(pushed.url(), "https://as.example/authorize?client_id=app&request_uri=urn%3Ax%3A1");
        assert_eq!((pushed.transaction().state(), pushed.expires_in), (state.as_str(), Some(60_000)));
    }

    #[test]
    fn the_endpoints_own_query_is_not_pushed() {
        let metadata = r#"{"authorization_endpoint":"https://as.example/authorize?tenant=1","pushed_authorization_request_endpoint":"https://as.example/par"}"#;
        let server = ServerMetadata::new(json(metadata)).unwrap();
        let asked = AuthorizationParameters { client_id: "app", is_pushed: true, ..AuthorizationParameters::default() };
        let request = AuthorizationRequest::new(&server, &asked, &Default::default(), 0).unwrap();
        assert!(body(&request.push(&server, &ClientAuthentication::None).unwrap()).starts_with("client_id=app&"));
        let pushed = request.pushed(&server, &answer(201, r#"{"request_uri":"urn:x"}"#)).unwrap();
        assert_eq!(pushed.url(), "https://as.example/authorize?tenant=1&client_id=app&request_uri=urn%3Ax");
    }

    #[test]
    fn a_server_that_requires_a_push_gets_no_other_request() {
        assert_eq!(request(false).unwrap_err().code(), "pushed_request_required");
        assert!(request(true).is_ok());
    }

    #[test]
    fn a_refused_push_is_told_in_the_servers_words() {
        let error = request(true).unwrap().pushed(&server(), &answer(400, r#"{"error":"invalid_scope"}"#)).unwrap_err();
        assert_eq!((error.code(), error.oauth().unwrap().error.as_str()), ("token_request_failed", "invalid_scope"));
    }

    #[test]
    fn an_answer_without_a_reference_is_no_push() {
        for answered in ["{}", r#"{"request_uri":""}"#, r#"{"request_uri":"a b"}"#, "[]"] {
            let error = request(true).unwrap().pushed(&server(), &answer(201, answered)).unwrap_err();
            assert_eq!(error.code(), "invalid_metadata", "{answered}");
        }
    }

    #[test]
    fn a_server_without_the_endpoint_is_told_by_name() {
        let server = ServerMetadata::new(json(r#"{"authorization_endpoint":"https://as.example/authorize"}"#)).unwrap();
        let error = request(true).unwrap().push(&server, &ClientAuthentication::None).unwrap_err();
        assert!(error.message().contains("pushed_authorization_request_endpoint"));
    }
}

/// Each object of `authorization_details` names its type; the members of every type have the right kind.
///
/// Source: RFC 9396 §2, §2.2
mod rich_requests {
    use super::*;

    fn asking(details: &str) -> Result<AuthorizationRequest, Error> {
        request(true).unwrap().with_details(&json(details))
    }

    #[test]
    fn details_go_as_json_with_the_request() {
        let request = asking(r#"[{"type":"payment","actions":["initiate"]}]"#).unwrap();
        let expected = "&authorization_details=%5B%7B%22type%22%3A%22payment%22%2C%22actions%22%3A%5B%22initiate%22%5D%7D%5D";
        assert!(request.url().ends_with(expected), "{}", request.url());
    }

    #[test]
    fn details_without_a_type_are_refused() {
        for details in ["[]", "{}", r#"[1]"#, r#"[{}]"#, r#"[{"type":""}]"#, r#"[{"type":1}]"#, r#"[{"type":"a","actions":"b"}]"#]
        {
            assert_eq!(asking(details).unwrap_err().code(), "invalid_option", "{details}");
        }
    }
}

/// An assertion is from one client, for one server, valid for a minute, and has a unique identifier.
///
/// Source: RFC 7523 §2.2, §3; RFC 7521 §4.2
mod assertions {
    use super::*;

    #[test]
    fn an_assertion_names_one_client_and_one_server_for_a_minute() {
        let assertion = ClientAssertion {
            client_id: "app",
            audience: "https://as.example",
            algorithm: "ES256",
            key_id: "k",
            id: "once",
            now: 90_500,
        };
        let (header, claims) = parts(&assertion.unsigned());
        assert_eq!(header, serde_json::json!({"alg": "ES256", "kid": "k"}));
        let expected = serde_json::json!({
            "iss": "app", "sub": "app", "aud": "https://as.example", "jti": "once", "iat": 90, "exp": 150,
        });
        assert_eq!(claims, expected);
    }

    #[test]
    fn an_assertion_goes_with_a_form_that_names_the_client() {
        let pushed = request(true).unwrap().push(&server(), &ClientAuthentication::None).unwrap();
        let pushed = pushed.with_client_assertion(&secret("a.b.c"));
        let form = body(&pushed);
        assert!(form.starts_with("client_id=app&") && form.ends_with("&client_assertion=a.b.c"), "{form}");
        assert!(form.contains("&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&"));
    }
}
