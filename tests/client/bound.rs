//! Tokens that are bound to a key of the browser, from the beginning of a login to its end: which logins are bound, the proofs in
//! the requests, nonces, and a key that is gone.

use std::rc::Rc;

use serde_json::Value;
use wicketgate::client::{ApiAnswer, Client, Configuration, Credentials, LoginOptions, Page, Status};
use wicketgate::host::Host;
use wicketgate::protocol::http::Purpose;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jws::Jws;
use wicketgate::protocol::pkce::code_challenge;
use wicketgate::protocol::public_key::PublicKey;
use wicketgate::protocol::secret::Secret;

use crate::host::{Answer, Sent, Task, TestHost, block_on};
use crate::stage::*;

const API: &str = "https://api.example/notes?page=2#top";
const HOME: &str = "https://app.example/home";
const SUPPORTED: &str = r#","dpop_signing_alg_values_supported":["RS256","ES256"]"#;
const DEMANDED: &str = r#"{"error":"use_dpop_nonce"}"#;
const CHALLENGE: &str = r#"DPoP error="use_dpop_nonce", error_description="once more""#;

/// A client of a server that supports DPoP.
fn supported() -> Configuration {
    let configuration = server(SUPPORTED).allowed_origin("https://api.example");
    with(configuration, r#"{"tokenStore":"local"}"#)
}

fn always() -> Configuration {
    with(supported(), r#"{"dpop":"always"}"#)
}

/// A token response with a token of the type DPoP.
fn bound_tokens(host: &TestHost, state: &str) -> String {
    openid_tokens(host, state, r#","refresh_token":"rt-1""#).replace("Bearer", "DPoP")
}

fn renewed_tokens(number: u32) -> String {
    let tokens = r#"{"access_token":"at-N","token_type":"DPoP","expires_in":3600,"refresh_token":"rt-N"}"#;
    tokens.replace('N', &number.to_string())
}

/// A page that has logged in, and whose token is bound.
fn signed_in_with(host: &TestHost, configuration: &Configuration) -> Rc<Client<TestHost>> {
    let state = begun(host, configuration.clone());
    host.answer(Answer::json(200, &bound_tokens(host, &state)));
    let page = Page::new(host.next_page(&callback(&state)));
    let client = connect_on(&page, configuration.clone());
    block_on(client.handle_callback(None)).unwrap();
    host.run_tasks();
    client
}

fn signed_in(host: &TestHost) -> Rc<Client<TestHost>> {
    signed_in_with(host, &supported())
}

/// The header and the claims of a proof whose signature was verified, and the key in it.
struct Seen {
    claims: Value,
    thumbprint: String,
}

fn read(proof: &str) -> Seen {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let part = |at: usize| -> Value {
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(proof.split('.').nth(at).unwrap()).unwrap()).unwrap()
    };
    let header = part(0);
    assert_eq!((&header["typ"], &header["alg"]), (&"dpop+jwt".into(), &"ES256".into()));
    let jwk = Json::parse(header["jwk"].to_string().as_bytes()).unwrap();
    assert!(jwk.member("d").is_none());
    let verified = block_on(
        Jws::parse(proof).unwrap().verified(vec![jwk.clone()], |check| async move { Ok(support::signature::verifies(&check)) }),
    );
    assert!(verified.unwrap().is_some(), "the key of the header has signed it");
    Seen { claims: part(1), thumbprint: PublicKey::from_jwk(&jwk).unwrap().thumbprint().into() }
}

fn proof_of(sent: &Sent) -> Option<Seen> {
    let proofs: Vec<_> = sent.headers.iter().filter(|(name, _)| name == "dpop").collect();
    assert!(proofs.len() <= 1);
    proofs.first().map(|(_, proof)| read(proof))
}

/// The requests of this purpose, in order.
fn sent(host: &TestHost, purpose: Purpose) -> Vec<Sent> {
    host.requests().into_iter().filter(|sent| sent.purpose == purpose).collect()
}

/// Runs `work`, and lets time pass until it is done.
fn patiently<T>(host: &TestHost, work: impl Future<Output = T>) -> T {
    let mut task = Task::new(work);
    for _ in 0..600 {
        while task.step() | host.run_tasks_once() {}
        if task.is_done() {
            return task.output();
        }
        host.pass(100);
    }
    panic!("it does not settle");
}

fn credentials(client: &Client<TestHost>) -> Credentials {
    block_on(client.credentials_for("POST", API)).unwrap()
}

fn answered<'a>(status: u16, www_authenticate: Option<&'a str>, nonce: Option<&'a str>) -> ApiAnswer<'a> {
    ApiAnswer { method: "POST", url: API, answered_by: API, status, www_authenticate, nonce }
}

fn after(client: &Client<TestHost>, before: &Credentials, answer: &ApiAnswer<'_>) -> Option<Credentials> {
    block_on(client.credentials_after(before, answer)).unwrap()
}

/// A login is bound to a key if the configuration says so, or if the server's metadata list an algorithm that this client has.
/// The authorization request contains the key's thumbprint, and the transaction remembers it. The key outlives the page, all tabs
/// of the origin share it, and no code can extract it. If the browser cannot keep a key, a login that must be bound does not
/// begin.
///
/// Source: RFC 9449 §5.1, §10; RFC 7638; RFC 10017 §8
mod which_logins {
    use super::*;

    fn asked(configuration: Configuration) -> Option<String> {
        let host = tab();
        let url = connect(&host, configuration).authorization_url(&LoginOptions::new()).unwrap();
        parameter(&url, "dpop_jkt")
    }

    #[test]
    fn a_login_is_bound_where_the_server_has_an_algorithm_of_ours() {
        assert!(asked(supported()).is_some());
        for configuration in [server(""), server(r#","dpop_signing_alg_values_supported":["RS256","PS256"]"#)] {
            assert_eq!(asked(configuration), None);
        }
    }

    #[test]
    fn the_configuration_decides_otherwise() {
        assert_eq!(asked(with(supported(), r#"{"dpop":"never"}"#)), None);
        assert!(asked(with(server(""), r#"{"dpop":"always"}"#)).is_some());
    }

    #[test]
    fn the_request_and_the_transaction_name_the_key_that_proves() {
        let host = tab();
        let client = connect(&host, supported());
        let url = client.authorization_url(&LoginOptions::new()).unwrap();
        let state = parameter(&url, "state").unwrap();
        let thumbprint = parameter(&url, "dpop_jkt").unwrap();
        assert!(host.store_content()[&key(&state)].contains(&thumbprint));
        host.answer(Answer::json(200, &bound_tokens(&host, &state)));
        arrive(&host, supported(), &callback(&state)).unwrap();
        let [sent] = &sent(&host, Purpose::Token)[..] else { panic!("one request") };
        assert_eq!(proof_of(sent).unwrap().thumbprint, thumbprint);
    }

    #[test]
    fn the_url_is_there_once_the_key_is() {
        let host = tab();
        let client = block_on(Client::connect(&Page::new(host.clone()), supported())).unwrap();
        assert_eq!(code(client.authorization_url(&LoginOptions::new())), "not_ready");
        block_on(client.load()).unwrap();
        assert!(client.authorization_url(&LoginOptions::new()).is_ok());
        let client = block_on(Client::connect(&Page::new(tab()), supported())).unwrap();
        let url = block_on(client.pushed(&LoginOptions::new())).unwrap();
        assert!(parameter(&url, "dpop_jkt").is_some(), "a call that may wait waits for it");
    }

    #[test]
    fn tabs_share_the_key() {
        let host = tab();
        let thumbprint = |host: &TestHost| {
            let url = connect(host, supported()).authorization_url(&LoginOptions::new()).unwrap();
            parameter(&url, "dpop_jkt").unwrap()
        };
        assert_eq!(thumbprint(&host), thumbprint(&host.another_tab(HOME)));
        assert_eq!(host.proof_keys().len(), 1);
    }

    #[test]
    fn a_browser_that_keeps_no_key_binds_nothing_unless_it_must() {
        for (lose, expected) in [
            (TestHost::lose_sealing as fn(&TestHost), "unsupported_environment"),
            (TestHost::lose_database, "storage_unavailable"),
        ] {
            let host = tab();
            lose(&host);
            let bearer = with(supported(), r#"{"tokenStore":"memory"}"#);
            let page = Page::new(host.clone());
            let client = patiently(&host, Client::connect(&page, bearer.clone())).unwrap();
            let url = patiently(&host, client.pushed(&LoginOptions::new())).unwrap();
            assert_eq!(parameter(&url, "dpop_jkt"), None);
            let client = patiently(&host, Client::connect(&page, with(bearer, r#"{"dpop":"always"}"#)));
            let outcome = client.and_then(|client| patiently(&host, client.pushed(&LoginOptions::new())));
            assert_eq!(code(outcome), expected);
        }
    }

    #[test]
    fn a_backend_has_a_key_of_its_own() {
        let host = tab();
        let client = connect(&host, with_backend().metadata(metadata(SUPPORTED)));
        assert_eq!(parameter(&client.authorization_url(&LoginOptions::new()).unwrap(), "dpop_jkt"), None);
        assert_eq!(code(try_connect(&tab(), with(with_backend(), r#"{"dpop":"always"}"#))), "invalid_config");
    }
}

/// Each request to the token endpoint for a bound login carries a proof of its key, a new one each time: the code, and each
/// refresh. It also does if the server issued a bearer token, because then the refresh token is bound.
///
/// Source: RFC 9449 §4.3, §5
///
/// Also: `proof_ignored`, `proof_ignored_and_advertised`, `token_type_dpop`, `token_type_dpop_with_a_proof`
mod token_requests {
    use super::*;

    #[test]
    fn code_and_refresh_carry_proofs_of_one_key() {
        let host = tab();
        let client = signed_in(&host);
        host.answer(Answer::json(200, &renewed_tokens(2)));
        assert_eq!(renew(&client).unwrap(), "at-2");
        let code = proof_of(&sent(&host, Purpose::Token)[0]).unwrap();
        let refresh = proof_of(&sent(&host, Purpose::Refresh)[0]).unwrap();
        assert_eq!(code.thumbprint, refresh.thumbprint);
        for seen in [&code, &refresh] {
            assert_eq!(seen.claims["htm"], "POST");
            assert_eq!(seen.claims["htu"], "https://as.example/token");
            assert_eq!(seen.claims["iat"], host.wall_clock() / 1000);
            assert!(seen.claims.get("ath").is_none());
        }
        assert_ne!(code.claims["jti"], refresh.claims["jti"]);
    }

    #[test]
    fn a_login_that_is_not_bound_has_no_proof() {
        let host = tab();
        logged_in(&host, public(), TOKENS);
        assert!(proof_of(&sent(&host, Purpose::Token)[0]).is_none());
    }

    #[test]
    fn the_session_says_how_its_token_is_used() {
        let host = tab();
        let client = signed_in(&host);
        assert_eq!(client.session().to_json().text("tokenType"), Some("DPoP"));
        assert_eq!(connect(&host.another_tab(HOME), supported()).session().to_json().text("tokenType"), Some("DPoP"));
    }

    #[test]
    fn a_server_that_ignores_the_proof_is_put_up_with_unless_it_must_not() {
        let host = tab();
        let state = begun(&host, supported());
        host.answer(Answer::json(200, &openid_tokens(&host, &state, r#","refresh_token":"rt-1""#)));
        let result = arrive(&host, supported(), &callback(&state)).unwrap();
        assert_eq!(result.session.to_json().text("tokenType"), Some("Bearer"));
        let client = connect(&host.next_page(HOME), supported());
        assert!(credentials(&client).proof().is_none());
        host.answer(Answer::json(200, &renewed_tokens(2)));
        renew(&client).unwrap();
        assert!(proof_of(&sent(&host, Purpose::Refresh)[0]).is_some(), "its refresh token may be bound");
        assert_eq!(client.session().to_json().text("tokenType"), Some("DPoP"));

        let state = begun(&host, always());
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        assert_eq!(code(arrive(&host, always(), &callback(&state))), "token_response_malformed");
    }

    #[test]
    fn a_refresh_that_brings_a_bearer_token_is_refused_where_it_must_be_bound() {
        for (configuration, expected) in [(supported(), None), (always(), Some("token_response_malformed"))] {
            let host = tab();
            let client = signed_in_with(&host, &configuration);
            host.answer(new_tokens(2));
            let outcome = renew(&client);
            assert_eq!(outcome.as_ref().err().map(|error| error.code()), expected);
            assert!(client.session().status != Status::SignedOut, "it ends no session");
            if outcome.is_ok() {
                assert_eq!(client.session().to_json().text("tokenType"), Some("Bearer"));
                assert!(credentials(&client).proof().is_none(), "the token is one that anybody may use");
            }
        }
    }

    #[test]
    fn a_login_that_began_without_a_key_is_not_completed_where_it_must_have_one() {
        let host = tab();
        let state = begun(&host, with(supported(), r#"{"dpop":"never"}"#));
        let client = connect(&host.next_page(&callback(&state)), always());
        let error = patiently(&host, client.handle_callback(None)).unwrap_err();
        assert_eq!(error.code(), "invalid_config");
        assert!(sent(&host, Purpose::Token).is_empty(), "the code is not spent");
        assert_eq!(client.session().status, Status::SignedOut);
    }

    #[test]
    fn a_token_of_the_type_dpop_is_refused_without_a_proof() {
        let host = tab();
        let state = begun(&host, public());
        host.answer(Answer::json(200, &TOKENS.replace("Bearer", "DPoP")));
        assert_eq!(code(arrive(&host, public(), &callback(&state))), "token_response_malformed");
    }
}

/// If the server demands a nonce in the proof, the client repeats the request with that nonce, once. The server has read nothing
/// else of the request, so the code is not used up. The client puts the last nonce of each server into the next proof for it. A
/// server that goes on demanding nonces gets no third request; the session stays, and the client tries again later.
///
/// Source: RFC 9449 §8, §8.2
///
/// Also: `nonce_demanded_*`
mod nonces {
    use super::*;

    fn demanding(nonce: &str) -> Answer {
        Answer::WithNonce(400, nonce.into(), DEMANDED.into())
    }

    fn nonces_of(host: &TestHost, purpose: Purpose) -> Vec<Option<String>> {
        let nonce = |sent: &Sent| proof_of(sent).unwrap().claims["nonce"].as_str().map(String::from);
        sent(host, purpose).iter().map(nonce).collect()
    }

    fn nonce(text: &str) -> Option<String> {
        Some(text.into())
    }

    #[test]
    fn a_demanded_nonce_is_sent_once_with_the_same_request() {
        let host = tab();
        let state = begun(&host, supported());
        host.answer(demanding("n-1"));
        host.answer(Answer::json(200, &bound_tokens(&host, &state)));
        arrive(&host, supported(), &callback(&state)).unwrap();
        assert_eq!(nonces_of(&host, Purpose::Token), [None, nonce("n-1")]);
        let [first, second] = &sent(&host, Purpose::Token)[..] else { panic!("two requests") };
        assert_eq!(first.body, second.body);
        let id = |sent| proof_of(sent).unwrap().claims["jti"].clone();
        assert_ne!(id(first), id(second), "a server accepts each proof once");
    }

    #[test]
    fn a_nonce_that_is_demanded_for_ever_ends_after_one_repetition() {
        let host = tab();
        let state = begun(&host, supported());
        host.answer(demanding("n-1"));
        host.answer(demanding("n-2"));
        let error = arrive(&host, supported(), &callback(&state)).unwrap_err();
        assert_eq!((error.code(), error.oauth().unwrap().error.as_str()), ("token_request_failed", "use_dpop_nonce"));
        assert_eq!(nonces_of(&host, Purpose::Token), [None, nonce("n-1")]);
    }

    #[test]
    fn no_other_refusal_is_repeated() {
        for (status, nonce, body) in [
            (400, "n-1", r#"{"error":"invalid_grant"}"#),
            (400, "n-1", r#"{"error":"invalid_dpop_proof"}"#),
            (400, "with a space", DEMANDED),
            (500, "n-1", "{}"),
        ] {
            let host = tab();
            let state = begun(&host, supported());
            host.answer(Answer::WithNonce(status, nonce.into(), body.into()));
            assert_eq!(code(arrive(&host, supported(), &callback(&state))), "token_request_failed");
            assert_eq!(sent(&host, Purpose::Token).len(), 1, "{body}");
        }
        let host = tab();
        let state = begun(&host, supported());
        host.answer(Answer::json(400, DEMANDED));
        assert_eq!(code(arrive(&host, supported(), &callback(&state))), "token_request_failed");
        assert_eq!(sent(&host, Purpose::Token).len(), 1, "no nonce came with it");
    }

    #[test]
    fn the_last_nonce_of_an_answer_is_in_the_next_proof() {
        let host = tab();
        let state = begun(&host, supported());
        host.answer(Answer::WithNonce(200, "n-1".into(), bound_tokens(&host, &state)));
        let page = Page::new(host.next_page(&callback(&state)));
        let client = connect_on(&page, supported());
        block_on(client.handle_callback(None)).unwrap();
        host.answer(Answer::WithNonce(200, "n-2".into(), renewed_tokens(2)));
        renew(&client).unwrap();
        host.answer(Answer::json(200, &renewed_tokens(3)));
        renew(&client).unwrap();
        assert_eq!(nonces_of(&host, Purpose::Refresh), [nonce("n-1"), nonce("n-2")]);
    }

    #[test]
    fn a_refresh_that_is_asked_for_nonces_for_ever_ends_no_session() {
        let host = tab();
        let client = signed_in(&host);
        host.pass(3_600_000);
        host.answer(demanding("n-1"));
        host.answer(demanding("n-2"));
        assert!(access_token(&client, 0).is_err());
        assert_eq!(sent(&host, Purpose::Refresh).len(), 2);
        assert_eq!(client.session().status, Status::Stale);
        host.answer(Answer::json(200, &renewed_tokens(2)));
        host.pass(2_000);
        host.run_tasks();
        assert_eq!(client.session().status, Status::SignedIn, "it was tried again later");
    }

    #[test]
    fn a_refresh_is_not_repeated_once_another_tab_may_refresh_or_has() {
        // The lease lasts for twenty seconds, and a request for up to ten.
        let lease_over = |host: &TestHost| host.jump_to(host.wall_clock() + 10_001);
        let written_elsewhere = |host: &TestHost| {
            let content = host.origin_content();
            let (key, _) = content.iter().find(|(key, _)| !key.ends_with(".lease")).unwrap();
            host.plant_in_origin(key, "1.of-another-tab");
        };
        for meanwhile in [lease_over, written_elsewhere] {
            let host = tab();
            let client = signed_in(&host);
            host.answer_after(demanding("n-1"), meanwhile);
            host.answer(Answer::json(200, &renewed_tokens(2)));
            assert_eq!(code(renew(&client)), "timed_out");
            assert_eq!(sent(&host, Purpose::Refresh).len(), 1);
        }
    }
}

/// A request to an API carries the token by the scheme DPoP, and a proof that is about this request and this token. If the API
/// demands a nonce, the request goes out once more with it; if it refuses the token, once more with a newer one. No answer makes
/// it go out for ever. The nonce of an answer counts only if the answer came from the asked origin.
///
/// Source: RFC 9449 §4.3, §7.1, §7.2, §9
mod api_requests {
    use super::*;

    #[test]
    fn a_request_carries_token_and_proof() {
        let host = tab();
        let client = signed_in(&host);
        let one = credentials(&client);
        assert_eq!(one.authorization().expose(), "DPoP at-1");
        let seen = read(one.proof().unwrap());
        assert_eq!((&seen.claims["htm"], &seen.claims["htu"]), (&"POST".into(), &"https://api.example/notes".into()));
        assert_eq!(seen.claims["ath"], code_challenge(&Secret::new("at-1".into())));
        assert_eq!(seen.thumbprint, proof_of(&sent(&host, Purpose::Token)[0]).unwrap().thumbprint);
        let other = read(credentials(&client).proof().unwrap());
        assert_ne!(seen.claims["jti"], other.claims["jti"]);
        assert_eq!(code(block_on(client.credentials_for("GET", "https://evil.example/"))), "origin_not_allowed");
    }

    #[test]
    fn what_a_request_carries_does_not_show() {
        let host = tab();
        let client = signed_in(&host);
        let one = credentials(&client);
        assert_eq!(format!("{one:?} {:?}", answered(401, Some(CHALLENGE), Some("n-1"))), "Credentials ApiAnswer");
        for sent in host.requests() {
            assert!(!sent.debug.contains("eyJ") && !sent.debug.contains("rt-1"), "{}", sent.debug);
        }
    }

    #[test]
    fn a_bearer_token_has_no_proof() {
        let host = tab();
        let (client, _) = crate::stage::signed_in(&host, &server("").allowed_origin("https://api.example"));
        let credentials = credentials(&client);
        assert_eq!((credentials.authorization().expose(), credentials.proof()), ("Bearer at-1", None));
    }

    #[test]
    fn a_nonce_that_the_api_demands_is_sent_once() {
        let host = tab();
        let client = signed_in(&host);
        let first = credentials(&client);
        let second = after(&client, &first, &answered(401, Some(CHALLENGE), Some("n-1"))).unwrap();
        assert_eq!(second.authorization().expose(), "DPoP at-1");
        assert_eq!(read(second.proof().unwrap()).claims["nonce"], "n-1");
        assert!(after(&client, &second, &answered(401, Some(CHALLENGE), Some("n-2"))).is_none(), "for ever is not long");
        let next = credentials(&client);
        assert_eq!(read(next.proof().unwrap()).claims["nonce"], "n-2", "but the next request has it");
        assert!(sent(&host, Purpose::Refresh).is_empty());
    }

    #[test]
    fn a_token_that_is_refused_is_renewed_once_and_a_nonce_may_come_before_or_after() {
        let host = tab();
        let client = signed_in(&host);
        let refused = Some(r#"DPoP error="invalid_token""#);
        host.answer(Answer::json(200, &renewed_tokens(2)));
        let first = credentials(&client);
        let second = after(&client, &first, &answered(401, refused, None)).unwrap();
        assert_eq!(second.authorization().expose(), "DPoP at-2");
        assert_eq!(read(second.proof().unwrap()).claims["ath"], code_challenge(&Secret::new("at-2".into())));
        let third = after(&client, &second, &answered(401, Some(CHALLENGE), Some("n-1"))).unwrap();
        assert_eq!(third.authorization().expose(), "DPoP at-2");
        for challenge in [refused, Some(CHALLENGE)] {
            assert!(after(&client, &third, &answered(401, challenge, Some("n-2"))).is_none(), "four are too many");
        }
    }

    #[test]
    fn a_nonce_that_another_request_has_brought_meanwhile_is_used() {
        let host = tab();
        let client = signed_in(&host);
        let (one, other) = (credentials(&client), credentials(&client));
        assert!(after(&client, &one, &answered(401, Some(CHALLENGE), Some("n-1"))).is_some());
        let again = after(&client, &other, &answered(401, Some(CHALLENGE), Some("n-1"))).unwrap();
        assert_eq!(read(again.proof().unwrap()).claims["nonce"], "n-1");
    }

    #[test]
    fn only_the_asked_origin_says_something_about_nonces() {
        let host = tab();
        let client = signed_in(&host);
        let first = credentials(&client);
        let elsewhere = ApiAnswer { answered_by: "https://evil.example/", ..answered(401, Some(CHALLENGE), Some("n-1")) };
        assert!(after(&client, &first, &elsewhere).is_none());
        assert!(read(credentials(&client).proof().unwrap()).claims.get("nonce").is_none());
        assert!(after(&client, &first, &answered(200, None, Some("n-2"))).is_none(), "an answer is an answer");
        assert_eq!(read(credentials(&client).proof().unwrap()).claims["nonce"], "n-2", "with a nonce for the next request");
        host.answer(Answer::json(200, &renewed_tokens(2)));
        renew(&client).unwrap();
        assert_eq!(proof_of(&sent(&host, Purpose::Refresh)[0]).unwrap().claims.get("nonce"), None, "each server has its own");
    }

    #[test]
    fn userinfo_is_asked_with_a_proof_and_once_more_with_a_nonce() {
        let host = tab();
        let client = signed_in(&host);
        host.answer(Answer::WithNonce(401, "n-1".into(), "{}".into()));
        host.answer(Answer::json(200, r#"{"sub":"ada","email":"ada@example.com"}"#));
        assert_eq!(block_on(client.user_info()).unwrap().text("email"), Some("ada@example.com"));
        let [first, second] = &sent(&host, Purpose::UserInfo)[..] else { panic!("two requests") };
        let authorization = |sent: &Sent| sent.headers.iter().find(|(name, _)| name == "authorization").unwrap().1.clone();
        assert_eq!([authorization(first), authorization(second)], ["DPoP at-1", "DPoP at-1"]);
        let claims = [first, second].map(|sent| proof_of(sent).unwrap().claims);
        assert_eq!((&claims[0]["htm"], &claims[0]["htu"]), (&"GET".into(), &"https://as.example/me".into()));
        assert_eq!(claims[0]["ath"], code_challenge(&Secret::new("at-1".into())));
        assert_eq!((claims[0].get("nonce"), &claims[1]["nonce"]), (None, &"n-1".into()));
        for _ in 0..2 {
            host.answer(Answer::WithNonce(401, "n-2".into(), "{}".into()));
        }
        assert_eq!(code(block_on(client.user_info())), "userinfo_invalid");
        assert_eq!(sent(&host, Purpose::UserInfo).len(), 4, "and no further");
    }
}

/// Nobody can use the tokens of a session whose key the browser has not kept: the session expires, and its tokens are removed from
/// the store. The client sends them nowhere.
///
/// Source: RFC 9449 §5, §7; this project
mod lost_keys {
    use super::*;

    #[test]
    fn a_session_whose_key_is_gone_expires() {
        for is_refresh in [true, false] {
            let host = tab();
            signed_in(&host);
            host.lose_keys();
            host.clear_log();
            let client = connect(&host.next_page(HOME), supported());
            assert_eq!(client.session().status, Status::SignedIn);
            let outcome = match is_refresh {
                true => renew(&client).map(drop),
                false => block_on(client.credentials_for("GET", API)).map(drop),
            };
            assert_eq!(code(outcome), "session_ended");
            assert_eq!(client.session().status, Status::Expired);
            assert_eq!(client.session().claims.as_ref().unwrap().text("sub"), Some("ada"), "somebody to greet");
            assert!(host.requests().is_empty(), "nothing was sent");
            assert_eq!(connect(&host.next_page(HOME), supported()).session().status, Status::SignedOut);
        }
    }

    #[test]
    fn a_code_whose_key_is_gone_is_not_sent() {
        let host = tab();
        let state = begun(&host, supported());
        host.lose_keys();
        assert_eq!(code(arrive(&host, supported(), &callback(&state))), "storage_unavailable");
        assert!(host.requests().iter().all(|sent| sent.purpose != Purpose::Token));
    }

    #[test]
    fn a_new_login_has_a_new_key() {
        let host = tab();
        signed_in(&host);
        host.lose_keys();
        let client = signed_in(&host);
        assert_eq!(client.session().status, Status::SignedIn);
        assert!(credentials(&client).proof().is_some());
    }

    #[test]
    fn a_key_that_cannot_be_had_now_ends_nothing() {
        let host = tab();
        signed_in(&host);
        let page = Page::new(host.next_page(HOME));
        let client = block_on(Client::connect(&page, supported())).unwrap();
        host.lose_database();
        host.answer(Answer::json(200, &renewed_tokens(2)));
        let options = wicketgate::client::AccessTokenOptions::new().force_refresh(true);
        assert!(patiently(&host, client.access_token(&options)).is_err());
        assert_ne!(client.session().status, Status::SignedOut);
        assert_ne!(client.session().status, Status::Expired);
    }
}
