//! The authorization request.

use core::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;
use sha2::{Digest, Sha256};
use wicketgate::client::{Configuration, LoginOptions, Pkce};
use wicketgate::host::Host;
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, Behaviour, Event, TestHost, block_on};
use crate::stage::*;

/// The 32 bytes that `text` encodes; they must come from the CSPRNG.
fn random_bytes(host: &TestHost, text: &str) -> Vec<u8> {
    assert_eq!(text.len(), 43, "256 bits in base64url without padding");
    let bytes = Base64UrlUnpadded::decode_vec(text).expect("it is base64url");
    assert!(host.random().windows(32).any(|window| window == bytes), "it did not come from the CSPRNG");
    bytes
}

fn stored(host: &TestHost, state: &str) -> Value {
    serde_json::from_str(&host.store_content()[&key(state)]).unwrap()
}

/// `state` is 256 bits of the host's CSPRNG in base64url; without a CSPRNG no login begins.
///
/// Source: RFC 6749 §10.10, §10.12; RFC 9700 §4.7
mod state {
    use super::*;

    #[test]
    fn the_state_is_256_bits_of_the_csprng() {
        let host = tab();
        let client = connect(&host, public());
        let (first, second) = (begin(&client), begin(&client));
        let (first, second) = (random_bytes(&host, &first), random_bytes(&host, &second));
        assert_ne!(first, second);
    }

    #[test]
    fn without_a_csprng_no_login_begins() {
        let host = tab();
        let client = connect(&host, public());
        host.lose_csprng();
        assert_eq!(code(client.authorization_url(&LoginOptions::new())), "unsupported_environment");
        assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), "unsupported_environment");
        assert!(host.events().is_empty(), "nothing is stored, and nobody is sent anywhere");
    }
}

/// A `nonce` is sent with `openid` and only then. Each login has a new verifier, of which only the `S256` challenge is sent.
///
/// Source: OIDC Core §3.1.2.1; RFC 7636 §4; RFC 9700 §2.1.1
mod nonce_and_verifier {
    use super::*;

    #[test]
    fn the_nonce_is_random_and_goes_only_with_openid() {
        let host = tab();
        let client = connect(&host, public());
        let url = |scope: &str| client.authorization_url(&LoginOptions::new().scope(scope)).unwrap();
        for scope in ["", "profile", "openidx profile", "x-openid"] {
            assert_eq!(parameter(&url(scope), "nonce"), None, "scope {scope:?}");
        }
        for scope in ["openid", "profile openid"] {
            let url = url(scope);
            let (nonce, state) = (parameter(&url, "nonce").unwrap(), parameter(&url, "state").unwrap());
            assert_ne!(random_bytes(&host, &nonce), random_bytes(&host, &state));
            assert_eq!(stored(&host, &state)["nonce"], *nonce);
        }
    }

    #[test]
    fn the_verifier_is_random_and_only_its_s256_challenge_is_sent() {
        let host = tab();
        let url = connect(&host, public()).authorization_url(&LoginOptions::new()).unwrap();
        let state = parameter(&url, "state").unwrap();
        let verifier = stored(&host, &state)["code_verifier"].as_str().unwrap().to_owned();
        assert_ne!(random_bytes(&host, &verifier), random_bytes(&host, &state));
        let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(&verifier));
        assert_eq!(parameter(&url, "code_challenge"), Some(challenge));
        assert_eq!(parameter(&url, "code_challenge_method").as_deref(), Some("S256"));
        assert!(!url.contains(&verifier));
    }

    #[test]
    fn a_server_without_s256_gets_no_request() {
        let url = |methods: &str| {
            let client = connect(&tab(), public_with(&format!(r#","code_challenge_methods_supported":{methods}"#)));
            client.authorization_url(&LoginOptions::new())
        };
        for methods in ["[]", r#"["plain"]"#, r#"["s256"]"#] {
            assert_eq!(code(url(methods)), "invalid_metadata", "{methods}");
        }
        assert!(url(r#"["plain","S256"]"#).is_ok());
    }

    #[test]
    fn pkce_is_left_out_only_with_a_backend() {
        assert_eq!(code(try_connect(&tab(), public().pkce(Pkce::Off))), "invalid_config");
        assert_eq!(code(public().merge_json(r#"{"pkce":"plain"}"#)), "invalid_config");
        let host = tab();
        let url = connect(&host, with_backend().pkce(Pkce::Off)).authorization_url(&LoginOptions::new()).unwrap();
        assert!(!url.contains("code_challenge"));
        assert!(stored(&host, &parameter(&url, "state").unwrap()).get("code_verifier").is_none());
    }
}

/// Each parameter is sent at most once, in a fixed order, form-encoded. The endpoint's query stays. Its fragment is refused,
/// and so is a caller's parameter that the client itself sets.
///
/// Source: RFC 6749 §3.1, appendix B
mod parameters {
    use super::*;

    #[test]
    fn each_parameter_is_sent_once_in_a_fixed_order() {
        let options = LoginOptions::new()
            .extra_param("response_mode", "query")
            .extra_param("audience", "https://api.example")
            .ui_locales("de")
            .login_hint("ada")
            .prompt("login")
            .resource("https://a.example/")
            .resource("https://b.example/")
            .scope("openid profile");
        let url = connect(&tab(), public()).authorization_url(&options).unwrap();
        let names: Vec<_> = parameters(&url).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "client_id",
                "response_type",
                "state",
                "redirect_uri",
                "scope",
                "nonce",
                // The only parameter that may be repeated: RFC 8707 §2.
                "resource",
                "resource",
                "code_challenge",
                "code_challenge_method",
                "prompt",
                "login_hint",
                "ui_locales",
                "response_mode",
                "audience"
            ]
        );
        assert_eq!(parameter(&url, "response_type").as_deref(), Some("code"));
        assert_eq!(parameter(&url, "client_id").as_deref(), Some("client-1"));
    }

    #[test]
    fn values_are_form_encoded() {
        // This value is the example of RFC 6749 appendix B.
        let options = LoginOptions::new().login_hint(" %&+£€").extra_param("a b", "ü=~*");
        let url = connect(&tab(), public()).authorization_url(&options).unwrap();
        assert!(url.contains("&login_hint=+%25%26%2B%C2%A3%E2%82%AC&"), "{url}");
        assert!(url.ends_with("&a+b=%C3%BC%3D%7E*"), "{url}");
    }

    #[test]
    fn the_endpoints_own_query_is_kept() {
        let url = connect(&tab(), with_endpoint("https://as.example/authorize?tenant=a%2fb&x"));
        let url = url.authorization_url(&LoginOptions::new()).unwrap();
        assert!(url.starts_with("https://as.example/authorize?tenant=a%2fb&x&client_id=client-1&"), "{url}");
    }

    #[test]
    fn the_endpoints_query_may_not_hold_what_the_client_sets() {
        for query in ["client_id=other", "st%61te=1", "a=1&redirect_uri=https://evil.example/", "nonce"] {
            let client = connect(&tab(), with_endpoint(&format!("https://as.example/authorize?{query}")));
            assert_eq!(code(client.authorization_url(&LoginOptions::new())), "invalid_metadata", "{query}");
        }
        let client = connect(&tab(), with_endpoint("https://as.example/authorize?audience=a"));
        let options = LoginOptions::new().extra_param("audience", "b");
        assert!(client.authorization_url(&options).is_err(), "audience would be sent twice");
    }

    #[test]
    fn an_endpoint_with_a_fragment_is_refused() {
        for endpoint in ["https://as.example/authorize#", "https://as.example/authorize#x", "https://as.example/?a=1#x"] {
            assert_eq!(code(try_connect(&tab(), with_endpoint(endpoint))), "invalid_metadata", "{endpoint}");
        }
    }

    #[test]
    fn an_extra_parameter_that_the_client_sets_is_refused() {
        let host = tab();
        let client = connect(&host, public());
        for name in [
            "",
            "client_id",
            "client_secret",
            "response_type",
            "state",
            "redirect_uri",
            "scope",
            "resource",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            "code_verifier",
            "prompt",
            "login_hint",
            "ui_locales",
            "max_age",
            "acr_values",
            "authorization_details",
            "dpop_jkt",
        ] {
            let options = LoginOptions::new().extra_param(name, "x");
            assert_eq!(code(client.authorization_url(&options)), "invalid_option", "{name}");
        }
        assert!(host.events().is_empty());
    }
}

fn with_endpoint(endpoint: &str) -> Configuration {
    public().metadata({
        let mut metadata = metadata("");
        metadata.set("authorization_endpoint", wicketgate::protocol::json::Json::String(endpoint.into()));
        metadata
    })
}

/// The client sends the redirect URI as it was configured, byte for byte, or not at all. It has no fragment.
///
/// Source: RFC 6749 §3.1.2; RFC 9700 §2.1, §4.1
mod redirect_uri {
    use super::*;

    #[test]
    fn the_redirect_uri_is_sent_byte_for_byte() {
        // Parsing and serializing would change each of these.
        for redirect_uri in ["https://APP.example:443/cb", "https://app.example", "https://app.example/a/../cb?x=%7e&y"] {
            let url = connect(&tab(), public().redirect_uri(redirect_uri)).authorization_url(&LoginOptions::new()).unwrap();
            assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some(redirect_uri));
        }
    }

    #[test]
    fn a_redirect_uri_that_is_not_configured_is_not_sent() {
        let configuration = Configuration::new("client-1").metadata(metadata(""));
        let host = tab();
        let url = connect(&host, configuration).authorization_url(&LoginOptions::new()).unwrap();
        assert!(!url.contains("redirect_uri"), "{url}");
        assert!(stored(&host, &parameter(&url, "state").unwrap()).get("redirect_uri").is_none());
    }

    #[test]
    fn a_redirect_uri_has_no_fragment() {
        for redirect_uri in
            ["https://app.example/cb#", "https://app.example/cb#x", "/cb", "app:/cb", "https://u@app.example/cb", ""]
        {
            assert_eq!(code(try_connect(&tab(), public().redirect_uri(redirect_uri))), "invalid_config", "{redirect_uri}");
        }
    }
}

/// Endpoints are `https:`, or `http:` on loopback.
///
/// Source: RFC 6749 §3.1, §3.2; RFC 9700 §2.6
///
/// Also: `metadata_*_without_tls`
mod endpoints {
    use super::*;

    #[test]
    fn endpoints_are_https_or_on_loopback() {
        for endpoint in
            ["https://as.example/a", "http://localhost:9/a", "http://127.0.0.1/a", "http://127.8.9.1:80/a", "http://[::1]:9/a"]
        {
            assert!(try_connect(&tab(), with_endpoint(endpoint)).is_ok(), "{endpoint}");
        }
        for endpoint in [
            "http://as.example/a",
            "http://localhost.evil.example/a",
            "http://127.0.0.1.evil.example/a",
            "http://127.evil.example/a",
            "http://128.0.0.1/a",
            "http://[::2]/a",
            "http://notlocalhost/a",
            "http://u@localhost/a",
            "javascript:alert(1)",
            "ftp://as.example/a",
            "/authorize",
            "https:\\\\as.example/a",
        ] {
            assert_eq!(code(try_connect(&tab(), with_endpoint(endpoint))), "invalid_metadata", "{endpoint}");
        }
        for member in ["token_endpoint", "jwks_uri", "end_session_endpoint", "revocation_endpoint", "userinfo_endpoint"] {
            let mut metadata = metadata("");
            metadata.set(member, json(r#""http://as.example/x""#));
            assert_eq!(code(try_connect(&tab(), public().metadata(metadata))), "invalid_metadata", "{member}");
        }
    }
}

/// Before the page navigates, the client has stored the transaction in the tab's store, and read it back. The transaction
/// expires and is swept; at most 16 are kept.
///
/// Source: RFC 6749 §10.12; RFC 9700 §2.1, §4.7
mod stored_transaction {
    use super::*;

    #[test]
    fn the_transaction_is_written_before_anybody_is_sent_away() {
        let host = tab();
        let client = connect(&host, public());
        assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), "navigation_cancelled");
        let [url] = &host.navigations()[..] else { panic!("one navigation") };
        let key = key(&parameter(url, "state").unwrap());
        let written = host.position(|event| *event == Event::Stored(key.clone())).expect("it is written");
        let navigated = host.position(|event| matches!(event, Event::Navigated(_))).unwrap();
        assert!(written < navigated);
    }

    #[test]
    fn the_transaction_holds_what_the_response_is_checked_with() {
        let host = tab();
        let client = connect(&host, public().session_binding("user-1").scope("openid"));
        let options = LoginOptions::new().return_to("/inbox?x=1#y").app_state(json(r#"{"cart":[1]}"#));
        let url = client.authorization_url(&options).unwrap();
        let state = parameter(&url, "state").unwrap();
        assert_eq!(host.keys("wicketgate.tx."), [key(&state)]);
        let transaction = stored(&host, &state);
        for (name, value) in [
            ("state", state.as_str()),
            ("nonce", &parameter(&url, "nonce").unwrap()),
            ("server", ISSUER),
            ("client_id", "client-1"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("return_to", "/inbox?x=1#y"),
            // base64url(SHA-256("user-1")): the store need not contain the user's identity.
            ("binding", "xsKJ5J6cBbIUWGA4e3O8sY30P7CaHkpKlxPHbIi7VBs"),
        ] {
            assert_eq!(transaction[name], *value, "{name}");
        }
        assert_eq!(transaction["app_state"], serde_json::json!({"cart": [1]}));
        assert_eq!(transaction["created_at"], host.wall_clock());
    }

    #[test]
    fn a_store_that_does_not_keep_it_is_storage_unavailable() {
        for (name, behaviour) in [("drops", Behaviour::Drops), ("full", Behaviour::Full), ("denied", Behaviour::Denied)] {
            let host = tab();
            let client = connect(&host, public());
            host.set_store(behaviour);
            assert_eq!(code(client.authorization_url(&LoginOptions::new())), "storage_unavailable", "{name}");
            assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), "storage_unavailable", "{name}");
            assert!(host.navigations().is_empty(), "{name}: nobody is sent away");
            assert!(host.store_content().is_empty(), "{name}");
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        // A store that has an older value under the key, and keeps it.
        let host = tab();
        let state = begun(&TestHost::new(1, PAGE), public());
        host.plant(&key(&state), r#"{"created_at":1800000000000,"v":1}"#);
        let client = connect(&host, public());
        host.set_store(Behaviour::Drops);
        assert_eq!(code(client.authorization_url(&LoginOptions::new())), "storage_unavailable");
    }

    #[test]
    fn expired_transactions_are_swept_when_a_login_begins() {
        for same_page in [true, false] {
            let host = tab();
            let client = connect(&host, public());
            let old = begin(&client);
            host.pass(1);
            let young = begin(&client);
            host.pass(LIFETIME);
            let newest = if same_page { begin(&client) } else { begun(&host.next_page(PAGE), public()) };
            let mut expected = vec![key(&young), key(&newest)];
            expected.sort();
            assert_eq!(host.keys("wicketgate.tx."), expected, "not {old}, which is older than its lifetime");
        }
    }

    #[test]
    fn what_is_no_entry_is_swept_too() {
        let host = tab();
        host.plant("wicketgate.tx.garbage", "\u{0}{");
        host.plant("wicketgate.tx.old-tombstone", r#"{"used_at":1,"return_to":"/"}"#);
        host.plant("wicketgate.tx.other-version", r#"{"v":0,"created_at":1800000000000}"#);
        host.plant("app.key", "theirs");
        let state = begun(&host, public());
        assert_eq!(host.keys("wicketgate.tx."), [key(&state)]);
        assert_eq!(host.keys("app."), ["app.key"], "what is not ours stays");
    }

    #[test]
    fn the_lifetime_is_as_configured() {
        for (configured, lifetime) in [(None, LIFETIME), (Some(30), 30_000)] {
            let configuration = || match configured {
                Some(seconds) => public().transaction_lifetime(Duration::from_secs(seconds)),
                None => public(),
            };
            let outcome_after = |millis: u64| {
                let host = tab();
                let state = begun(&host, configuration());
                host.pass(millis);
                host.answer(Answer::json(200, TOKENS));
                arrive(&host, configuration(), &callback(&state))
            };
            assert!(outcome_after(lifetime).is_ok());
            assert_eq!(code(outcome_after(lifetime + 1)), "transaction_expired");
        }
    }

    #[test]
    fn at_most_16_are_pending_and_the_oldest_goes_first() {
        let host = tab();
        let client = connect(&host, public());
        let states: Vec<_> = (0..20)
            .map(|_| {
                host.pass(1000);
                begin(&client)
            })
            .collect();
        let mut newest: Vec<_> = states[4..].iter().map(|state| key(state)).collect();
        newest.sort();
        assert_eq!(host.keys("wicketgate.tx."), newest);
    }

    #[test]
    fn a_page_that_comes_back_knows_what_others_stored() {
        // Like the back button: shows a page again in its former state.
        let host = tab();
        let first = connect(&host, public());
        begin(&first);
        let second = connect(&host.next_page(PAGE), public());
        for _ in 0..16 {
            host.pass(1000);
            begin(&second);
        }
        host.pass(1000);
        let newest = begin(&first);
        assert_eq!(host.keys("wicketgate.tx.").len(), 16);
        assert!(host.keys("wicketgate.tx.").contains(&key(&newest)));
    }

    #[test]
    fn a_login_that_could_not_be_stored_pushes_nobody_out() {
        let host = tab();
        let client = connect(&host, public());
        let pending = begin(&client);
        host.set_store(Behaviour::Full);
        for _ in 0..20 {
            assert_eq!(code(client.authorization_url(&LoginOptions::new())), "storage_unavailable");
        }
        assert_eq!(host.keys("wicketgate.tx."), [key(&pending)]);
    }

    #[test]
    fn tombstones_do_not_push_out_what_is_pending() {
        let host = tab();
        let pending = begun(&host, public());
        for _ in 0..20 {
            host.pass(1000);
            logged_in(&host, public(), TOKENS);
        }
        begun(&host, public());
        assert!(host.keys("wicketgate.tx.").contains(&key(&pending)));
        assert!(host.keys("wicketgate.tx.").len() <= 32, "tombstones are bounded too");
    }
}

/// `returnTo` is a place of the page's origin, in plain spelling. The client does not trust the value in the store.
///
/// Source: RFC 9700 §4.11
mod return_to {
    use super::*;

    #[test]
    fn return_to_is_a_place_of_this_origin() {
        let host = tab();
        let client = connect(&host, public());
        for (asked, kept) in [
            ("/", "/"),
            ("/inbox?x=1#y", "/inbox?x=1#y"),
            ("https://app.example/inbox", "/inbox"),
            ("https://APP.example:443/inbox", "/inbox"),
            ("//app.example/inbox", "/inbox"),
            ("other", "/other"),
            ("?x", "/start?x"),
            ("#y", "/start?tab=1#y"),
            ("/a/../b", "/b"),
            ("/ü", "/%C3%BC"),
        ] {
            let state = begin_with(&client, &LoginOptions::new().return_to(asked));
            assert_eq!(stored(&host, &state)["return_to"], *kept, "{asked}");
        }
    }

    #[test]
    fn return_to_somewhere_else_is_refused() {
        let host = tab();
        let client = connect(&host, public());
        for asked in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "https://app.example.evil.example/",
            "https://app.example@evil.example/",
            "https://user@app.example/",
            "https://user:password@app.example/",
            "http://app.example/",
            "https://app.example:8443/",
            "javascript:alert(1)",
            "data:text/html,x",
            "blob:https://app.example/x",
            "ja\tvascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\rb",
            "/a\u{0}b",
            "/a\u{7f}b",
            " /a",
            "/a ",
            "https:/\\evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
        ] {
            let options = LoginOptions::new().return_to(asked);
            assert_eq!(code(client.authorization_url(&options)), "invalid_option", "{asked:?}");
        }
        assert!(host.events().is_empty(), "nothing is stored for them");
    }

    #[test]
    fn the_default_is_the_present_place() {
        for (page, kept) in [
            (PAGE, "/start?tab=1#top"),
            ("https://app.example//evil.example", "/"),
            // What is the app's own stays.
            ("https://app.example/shop?code=SALE&error=1&state=open#error=2", "/shop?code=SALE&error=1&state=open#error=2"),
            ("https://app.example/callback?code=c&state=s#x", "/callback?code=c&state=s#x"),
            ("https://app.example/callback#/orders", "/callback#/orders"),
            ("https://app.example/callback?tab=1", "/callback?tab=1"),
        ] {
            let host = TestHost::new(1, page);
            let state = begun(&host, public());
            assert_eq!(stored(&host, &state)["return_to"], *kept, "{page}");
        }
    }

    #[test]
    fn on_the_redirect_uri_itself_the_default_is_where_the_login_before_was_to_lead() {
        let default = |host: &TestHost, url: &str| {
            let state = begun(&host.next_page(url), public());
            let return_to = stored(host, &state)["return_to"].clone();
            host.plant(&key(&state), "");
            return_to
        };
        let callback_of_nobody = callback(NOBODYS);
        let places = [CALLBACK, &callback_of_nobody, "https://app.example/callback?error=invalid_scope"];
        let host = tab();
        for place in places {
            assert_eq!(default(&host, place), "/", "{place}: no login was before");
        }
        let state = begin_with(&connect(&host, public()), &LoginOptions::new().return_to("/orders?page=2"));
        for place in places {
            assert_eq!(default(&host, place), "/orders?page=2", "{place}: it is pending");
        }
        assert_eq!(default(&host, PAGE), "/start?tab=1#top");
        let page = host.next_page(&format!("{CALLBACK}?error=access_denied&error_subcode=cancel&state={state}"));
        let client = connect(&page, public());
        assert_eq!(code(block_on(client.handle_callback(None))), "authorization_failed");
        // What the server says beside the standard stays in the URL of this page.
        let again = begin(&client);
        assert_eq!(stored(&host, &again)["return_to"], "/orders?page=2");
        assert_eq!(default(&host, CALLBACK), "/orders?page=2", "the page is loaded once more");
        host.answer(Answer::json(200, TOKENS));
        arrive(&host, public(), &callback(&again)).unwrap();
        host.plant(&key(&state), "");
        assert_eq!(default(&host, CALLBACK), "/", "a login that has succeeded is over");
    }

    #[test]
    fn where_somebody_else_wanted_to_go_is_no_default() {
        for other in [public().session_binding("ada"), with(public(), r#"{"clientId":"client-2"}"#)] {
            let host = tab();
            begin_with(&connect(&host, other), &LoginOptions::new().return_to("/secret-case"));
            let state = begun(&host.next_page(CALLBACK), public());
            assert_eq!(stored(&host, &state)["return_to"], "/");
        }
        let host = tab();
        begin_with(&connect(&host, public()), &LoginOptions::new().return_to("/old"));
        host.pass(LIFETIME + 1);
        let state = begun(&host.next_page(CALLBACK), public());
        assert_eq!(stored(&host, &state)["return_to"], "/", "too long ago");
    }

    #[test]
    fn return_to_comes_back_with_the_login() {
        let host = tab();
        let options = LoginOptions::new().return_to("/inbox?x=1#y").app_state(json("[1,null]"));
        let state = begin_with(&connect(&host, public()), &options);
        host.answer(Answer::json(200, TOKENS));
        let result = arrive(&host, public(), &callback(&state)).unwrap();
        assert_eq!(result.return_to, "/inbox?x=1#y");
        assert_eq!(result.app_state, Some(json("[1,null]")));
    }

    #[test]
    fn a_stored_return_to_is_not_trusted() {
        for planted in
            ["//evil.example", "/\\\\evil.example", "/\\t/evil.example", "https://evil.example/", "javascript:alert(1)"]
        {
            let host = tab();
            let state = begun(&host, public());
            let entry = host.store_content()[&key(&state)].replace("/start?tab=1#top", planted);
            host.plant(&key(&state), &entry);
            host.answer(Answer::json(200, TOKENS));
            assert_eq!(arrive(&host, public(), &callback(&state)).unwrap().return_to, "/", "{planted}");
            // The same through the tombstone.
            let state = begun(&host, with_session_backend_signed_out(&host));
            use_up(&host, &state, planted);
            host.answer(Answer::json(200, r#"{"session":{}}"#));
            assert_eq!(arrive(&host, with_session_backend(), &callback(&state)).unwrap().return_to, "/", "{planted}, tombstone");
        }
    }
}

/// The configuration, and the answer to the first request of its client.
fn with_session_backend_signed_out(host: &TestHost) -> Configuration {
    host.answer(Answer::empty(401));
    with_session_backend()
}

fn discovering() -> Configuration {
    Configuration::new("client-1").issuer(ISSUER).redirect_uri(CALLBACK)
}

const DISCOVERED: &str = r#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/authorize",
    "token_endpoint":"https://as.example/token"}"#;

const REMEMBERED: &str = "wicketgate.metadata.https://as.example";

/// A login that began after discovery.
fn begun_by_discovery(host: &TestHost) -> String {
    host.answer(Answer::json(200, DISCOVERED));
    let state = begun(host, discovering());
    host.clear_log();
    state
}

/// The client remembers discovered metadata beside the transaction. A page that handles a callback checks them again and uses
/// them, for no longer than a login may take.
///
/// Source: RFC 8414 §3.3
mod remembered_metadata {
    use super::*;

    #[test]
    fn the_redirect_page_does_not_discover_again() {
        let host = tab();
        let state = begun_by_discovery(&host);
        host.answer(Answer::json(200, TOKENS));
        arrive(&host, discovering(), &callback(&state)).unwrap();
        assert_eq!(host.purposes(), [Purpose::Token]);
    }

    #[test]
    fn what_was_remembered_is_checked_again() {
        for (good, bad) in [
            (r#""issuer":"https://as.example""#, r#""issuer":"https://evil.example""#),
            (r#""issuer":"https://as.example""#, r#""x":1"#),
            ("https://as.example/token", "http://as.example/token"),
            (r#""metadata""#, r#""metadada""#),
            ("{", "["),
        ] {
            let host = tab();
            let state = begun_by_discovery(&host);
            let entry = host.store_content()[REMEMBERED].clone();
            assert_ne!(entry, entry.replace(good, bad));
            host.plant(REMEMBERED, &entry.replace(good, bad));
            host.answer(Answer::json(200, DISCOVERED));
            host.answer(Answer::json(200, TOKENS));
            arrive(&host, discovering(), &callback(&state)).unwrap();
            assert_eq!(host.purposes(), [Purpose::Metadata, Purpose::Token], "{bad}");
        }
    }

    #[test]
    fn what_was_remembered_too_long_ago_is_not_used() {
        let discovers = |move_clock: fn(&TestHost)| {
            let host = tab();
            let state = begun_by_discovery(&host);
            move_clock(&host);
            host.answer(Answer::json(200, DISCOVERED));
            host.answer(Answer::json(200, TOKENS));
            let client = connect(&host.next_page(&callback(&state)), discovering());
            let _ = block_on(client.handle_callback(None));
            host.purposes().contains(&Purpose::Metadata)
        };
        assert!(!discovers(|host| host.pass(LIFETIME)));
        assert!(discovers(|host| host.pass(LIFETIME + 1)));
        assert!(discovers(|host| host.jump_to(host.wall_clock() - 1)), "from the future");
    }

    #[test]
    fn it_is_written_once_for_logins_that_begin_soon_after_each_other() {
        let host = tab();
        host.answer(Answer::json(200, DISCOVERED));
        let client = connect(&host, discovering());
        let writes = || host.events().iter().filter(|event| **event == Event::Stored(REMEMBERED.into())).count();
        begin(&client);
        host.pass(LIFETIME / 4);
        begin(&client);
        assert_eq!(writes(), 1);
        host.pass(1);
        begin(&client);
        assert_eq!(writes(), 2);
        host.jump_to(host.wall_clock() - 1);
        begin(&client);
        assert_eq!(writes(), 3, "what is of the future would not be used");
    }

    #[test]
    fn a_page_that_handles_no_callback_discovers_anew() {
        let host = tab();
        begun_by_discovery(&host);
        host.answer(Answer::json(200, DISCOVERED));
        connect(&host.next_page(PAGE), discovering());
        assert_eq!(host.purposes(), [Purpose::Metadata]);
    }

    #[test]
    fn a_store_without_room_for_it_is_no_failure() {
        let host = tab();
        host.answer(Answer::json(200, DISCOVERED));
        let client = connect(&host, discovering());
        host.set_store_for("wicketgate.metadata.", Behaviour::Full);
        assert!(client.authorization_url(&LoginOptions::new()).is_ok());
    }

    #[test]
    fn what_one_client_has_by_hand_is_not_remembered_for_others() {
        let host = tab();
        let by_hand = || discovering().metadata(json(r#"{"token_endpoint":"https://other.example/token"}"#));
        host.answer(Answer::json(200, DISCOVERED));
        begun(&host, by_hand());
        // Whether or not these clients request the metadata again.
        host.answer(Answer::json(200, DISCOVERED));
        host.answer(Answer::json(200, DISCOVERED));
        for (configuration, expected) in [(discovering(), "https://as.example/token"), (by_hand(), "https://other.example/token")]
        {
            let client = connect(&host.next_page(PAGE), configuration);
            assert_eq!(client.metadata().unwrap().text("token_endpoint"), Some(expected));
        }
    }
}
