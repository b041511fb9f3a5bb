//! The feature `serde`: values that the crate takes and returns as JSON, as types of an app's own. Against the simulated
//! provider.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use wicketgate::testing::{FakeProvider, Tab, block_on};
use wicketgate::{Client, Configuration, Json, LoginOptions, LoginResult, Page, Session};

#[derive(Debug, PartialEq, Deserialize)]
struct Profile {
    sub: String,
    name: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cart {
    articles: Vec<u32>,
    note: Option<String>,
}

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap()
}

/// Logs in with `options`: returns the client and the outcome of the login.
fn log_in(claims: &str, options: &LoginOptions) -> (std::rc::Rc<Client<Tab>>, std::rc::Rc<LoginResult>) {
    let tab = Tab::open("https://app.test/");
    let provider = FakeProvider::new("https://login.test", "my-app", "https://app.test/callback");
    provider.set_user(json(claims));
    tab.connect(&provider);
    let client = block_on(Client::connect(&Page::new(tab.clone()), provider.configuration())).unwrap();
    block_on(client.load()).unwrap();
    let callback = provider.visit(&client.authorization_url(options).unwrap()).unwrap();
    let tab = tab.next_page(&callback);
    let client = block_on(Client::connect(&Page::new(tab), provider.configuration())).unwrap();
    let result = block_on(client.handle_callback(None)).unwrap();
    (client, result)
}

#[test]
fn claims_are_read_as_a_type_of_the_apps_own() {
    let (client, result) = log_in(r#"{"sub":"ada","name":"Ada Lovelace","roles":["admin"]}"#, &LoginOptions::new());
    let ada = Profile { sub: "ada".into(), name: Some("Ada Lovelace".into()), roles: vec!["admin".into()] };
    assert_eq!(result.session.claims_as::<Profile>().unwrap(), ada);
    assert_eq!(client.session().claims_as::<Option<Profile>>().unwrap(), Some(ada));
    assert!(client.session().claims_as::<Cart>().is_err(), "claims that do not fit are an error, not a default");
}

#[test]
fn without_claims_an_option_is_none_and_anything_else_an_error() {
    let tab = Tab::open("https://app.test/");
    let provider = FakeProvider::new("https://login.test", "my-app", "https://app.test/callback");
    tab.connect(&provider);
    let client = block_on(Client::connect(&Page::new(tab), provider.configuration())).unwrap();
    assert_eq!(client.session().claims_as::<Option<Profile>>().unwrap(), None);
    assert!(client.session().claims_as::<Profile>().is_err());
}

#[test]
fn user_info_is_read_as_a_type_of_the_apps_own() {
    let (client, _) = log_in(r#"{"sub":"ada","name":"Ada Lovelace"}"#, &LoginOptions::new());
    assert_eq!(block_on(client.user_info_as::<Profile>()).unwrap().sub, "ada");
    let error = block_on(client.user_info_as::<Cart>()).unwrap_err();
    assert_eq!(error.code(), "userinfo_invalid");
    assert!(!format!("{error} {}", error.hint()).contains("ada"), "no claim is in the error: {error}");
}

#[test]
fn an_app_state_of_any_type_comes_back_as_it_was() {
    let cart = Cart { articles: vec![0, u32::MAX], note: Some("\u{1f600} \"quoted\"\n".into()) };
    let (_, result) = log_in(r#"{"sub":"ada"}"#, &LoginOptions::new().app_state_as(&cart).unwrap());
    assert_eq!(result.app_state_as::<Cart>().unwrap(), cart);
    assert!(result.app_state_as::<Vec<u8>>().is_err());
    let (_, result) = log_in(r#"{"sub":"ada"}"#, &LoginOptions::new());
    assert_eq!(result.app_state_as::<Option<Cart>>().unwrap(), None);
    assert_eq!(result.backend_as::<Option<Cart>>().unwrap(), None);
}

#[test]
fn an_app_state_that_is_no_json_is_refused_before_the_login() {
    let by_pairs = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert!(LoginOptions::new().app_state_as(&by_pairs).is_err());
    let deep = (0..80).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
    assert!(LoginOptions::new().app_state_as(&deep).is_err(), "it could not be read back");
}

#[test]
fn a_configuration_can_be_a_field_of_the_apps_own_settings() {
    #[derive(Deserialize)]
    struct Settings {
        api: String,
        login: Configuration,
    }
    let text = r#"{"api":"/v1","login":{"clientId":"my-app","issuer":"https://login.test","requestTimeout":7.5}}"#;
    let settings: Settings = serde_json::from_str(text).unwrap();
    let timeout = core::time::Duration::from_millis(7500);
    let expected = Configuration::new("my-app").issuer("https://login.test").request_timeout(timeout);
    assert_eq!((settings.api.as_str(), settings.login), ("/v1", expected));
}

#[test]
fn a_configuration_is_checked_as_it_is_read() {
    for (text, expected) in [
        (r#"{"clientId":"a","isuer":"https://login.test"}"#, "isuer"),
        (r#"{"clientId":1}"#, "clientId"),
        (r#"{"clientId":"a","tokenStore":"cookie"}"#, "tokenStore"),
        (r#"{"clientId":"a","clientId":"b"}"#, "two members"),
        ("[]", "plain object"),
    ] {
        let error = serde_json::from_str::<Configuration>(text).unwrap_err();
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_session_is_written_as_the_javascript_api_has_it() {
    let (client, _) = log_in(r#"{"sub":"ada"}"#, &LoginOptions::new());
    let session: &Session = &client.session();
    assert_eq!(
        serde_json::to_value(session).unwrap(),
        serde_json::from_str::<serde_json::Value>(&session.to_json().to_text()).unwrap()
    );
    assert_eq!(serde_json::to_value(session).unwrap()["status"], "signed-in");
}

#[test]
fn a_number_keeps_its_value() {
    for text in ["0", "-1", "18446744073709551615", "-9223372036854775808", "0.5", "-2.5e-3", "1e300"] {
        assert_eq!(serde_json::to_value(json(text)).unwrap(), serde_json::from_str::<serde_json::Value>(text).unwrap(), "{text}");
    }
    // In JavaScript's form: 20 is a float there.
    assert_eq!(Json::deserialize(serde_json::Number::from_f64(20.0).unwrap()).unwrap(), json("20"));
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_and_written_as_it_is(value in any_json()) {
        let read: Json = serde_json::from_value(value.clone()).unwrap();
        prop_assert_eq!(&read, &json(&value.to_string()));
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), value);
    }
}
