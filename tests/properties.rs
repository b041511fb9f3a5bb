//! What holds for every input: no parser panics, what is written can be read back, nothing is sent twice,
//! nothing grows without bound. Natively only: thousands of inputs for each property.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use wicketgate::client::{AccessTokenOptions, Configuration, LoginOptions, LogoutOptions};
use wicketgate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, Entropy, Transaction};
use wicketgate::protocol::callback::{AuthorizationResponse, is_response, without_response};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Response;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::metadata::{ServerMetadata, discovery_urls};
use wicketgate::protocol::return_to::same_origin_path;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{ClientAuthentication, CodeExchange, TokenSet};
use wicketgate::protocol::url::{Url, append_parameter, decode_component, is_plain};

const OURS: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];
const ENDPOINT: &str = "https://as.example/authorize";
const CALLBACK: &str = "https://app.example/cb";

// ── inputs ──

/// Text that is likely to hit something: of the pieces that parsers look for, and of anything.
fn pieces(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![4 => prop::sample::select(pieces).prop_map(String::from), 1 => ".{0,4}"], 0..16)
        .prop_map(|parts| parts.concat())
}

fn url_text() -> impl Strategy<Value = String> {
    let part = |parts: &'static [&'static str]| prop::sample::select(parts);
    let well_formed = (
        part(&["https://", "http://", "//", "/\\", "http:/"]),
        part(&["", "", "", "user@", "localhost@", ":word@", "@"]),
        part(&[
            "app.example",
            "localhost",
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "127.",
            "127.0.0.1.",
            "[::1]",
            "[::10]",
            "bücher.example",
        ]),
        part(&["", "", "", ".", "..", ".evil.example", "evil.example"]),
        part(&["", "", ":443", ":80", ":8443", ":"]),
        part(&["", "/", "/a/../b", "//evil.example", "/.//evil.example", "/a?b#c", "?", "#", "/a\\b"]),
    );
    let soup = pieces(&[
        "https:",
        "http:",
        "javascript:",
        "data:",
        "//",
        "/",
        "\\",
        "..",
        ".",
        "%2e",
        "@",
        ":",
        "443",
        "?",
        "#",
        "&",
        "=",
        "%",
        "%zz",
        "%00",
        "\t",
        "\n",
        " ",
        "app.example",
        "evil.example",
        "localhost",
        "127.0.0.1",
        "127.",
        "[::1]",
        "xn--",
        "é",
        "a",
    ]);
    prop_oneof![
        well_formed.prop_map(|(scheme, user, host, more, port, path)| [scheme, user, host, more, port, path].concat()),
        soup,
    ]
}

fn query() -> impl Strategy<Value = String> {
    let name = prop::sample::select(
        &["code", "state", "iss", "error", "error_description", "error_uri", "%63ode", "st%61te", "%65rror", "Code", "x", ""][..],
    );
    let value =
        prop::sample::select(&["", "=", "=1", "=2", "=%00", "=%E2%80%AE", "=%FF", "=%", "=a+b%20c", "=https://as.example"][..]);
    let pair = (name, value).prop_map(|(name, value)| [name, value].concat());
    let well_formed = prop::collection::vec(pair, 0..6).prop_map(|pairs| pairs.join("&"));
    let soup = pieces(&[
        "&",
        "&",
        "&",
        "=",
        "=",
        "code",
        "state",
        "iss",
        "error",
        "error_description",
        "error_uri",
        "%63ode",
        "st%61te",
        "x",
        "+",
        "%",
        "%FF",
        "%26",
        "%00",
        "%0a",
        "%E2%80%AE",
        "?",
        "/",
        "é",
    ]);
    prop_oneof![well_formed, soup]
}

/// A page's URL, of whose query and fragment anything may be made.
fn page() -> impl Strategy<Value = Url> {
    (query(), prop::option::of(query()), any::<bool>()).prop_map(|(query, fragment, has_query)| {
        let mut text = String::from(CALLBACK);
        if has_query {
            text.push('?');
            text.push_str(&query.replace('#', ""));
        }
        if let Some(fragment) = fragment {
            text.push('#');
            text.push_str(&fragment);
        }
        Url::parse(&text).unwrap()
    })
}

fn json() -> impl Strategy<Value = Json> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,6})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?"
    ];
    let text = prop_oneof![any::<String>(), "[\\x00-\\x1f\"\\\\]{0,4}"];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        number.prop_map(Json::Number),
        text.clone().prop_map(Json::String),
    ];
    leaf.prop_recursive(6, 48, 8, move |inner| {
        let members = prop::collection::vec((text.clone(), inner.clone()), 0..6).prop_map(|members| {
            let mut object = Json::Object(Vec::new());
            members.into_iter().for_each(|(name, value)| object.set(&name, value));
            object
        });
        prop_oneof![prop::collection::vec(inner, 0..6).prop_map(Json::Array), members]
    })
}

fn text_or_json() -> impl Strategy<Value = Json> {
    prop_oneof![2 => prop::sample::select(&["", "a", "a b"][..]).prop_map(|text| Json::String(text.into())), 1 => json()]
}

fn json_text() -> impl Strategy<Value = String> {
    let broken = (
        json(),
        any::<prop::sample::Index>(),
        prop::sample::select(&["", "\"", "}", "]", ",", ":", "\\", "\\ud800", "0", "-", ".", "e", " ", "\n", "\0", "null"][..]),
    )
        .prop_map(|(json, at, piece)| {
            let mut text = json.to_text();
            let mut at = at.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.insert_str(at, piece);
            text
        });
    let soup = pieces(&[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"b\":",
        "\\",
        "\\u0061",
        "\\ud83d",
        "\"\\b\\f\\n\\r\\t\\/\"",
        "\u{b}",
        "\u{c}",
        "\\ude00",
        "0",
        "1",
        "-",
        ".",
        "e",
        "+",
        "true",
        "false",
        "null",
        " ",
        "\n",
        "\t",
        "é",
    ]);
    let member = prop::sample::select(&["\"a\":0", "\"b\":0", "\"\\u0061\":0", "\"\":0", "\"c\":{\"a\":0}"][..]);
    let members = prop::collection::vec(member, 1..5).prop_map(|members| format!("{{{}}}", members.join(",")));
    prop_oneof![json().prop_map(|json| json.to_text()), broken, soup, members]
}

// ── the flow, with nothing in the way ──

fn entropy() -> Entropy {
    [[1; 32], [2; 32], [3; 32]]
}

fn server(metadata: &str) -> ServerMetadata {
    ServerMetadata::new(Json::parse(metadata.as_bytes()).unwrap()).unwrap()
}

fn plain_server() -> ServerMetadata {
    server(r#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/authorize"}"#)
}

fn exchange() -> CodeExchange {
    let asked = AuthorizationParameters { client_id: "app", scope: Some("a"), pkce: true, ..AuthorizationParameters::default() };
    let request = AuthorizationRequest::new(&plain_server(), &asked, &entropy(), 0).unwrap();
    let transaction = Transaction::from_text(request.transaction().to_text().expose()).unwrap();
    let callback = Url::parse(&format!("{CALLBACK}?code=ABC&state={}", transaction.state())).unwrap();
    AuthorizationResponse::from_callback_url(&callback).unwrap().complete(transaction, &plain_server()).unwrap()
}

fn response(status: u16, content_type: Option<String>, body: Vec<u8>) -> Response {
    Response { status, content_type, body }
}

/// Form decoding by another implementation, which is lenient where ours is strict.
fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Sentence and hint are ours alone, and what the server said has a bound.
fn check_error(error: &Error) -> TestCaseResult {
    prop_assert!(error.message().len() + error.hint().len() < 1024);
    if let Some(oauth) = error.oauth() {
        let parts = [(Some(&oauth.error), 256), (oauth.error_description.as_ref(), 1024), (oauth.error_uri.as_ref(), 2048)];
        for (text, limit) in parts.into_iter().filter_map(|(text, limit)| Some((text?, limit))) {
            prop_assert!(text.chars().count() <= limit);
            prop_assert!(!text.chars().any(char::is_control));
        }
    }
    Ok(())
}

fn check_tokens(tokens: &TokenSet) -> TestCaseResult {
    prop_assert!(!tokens.access_token.expose().is_empty());
    prop_assert!(tokens.other.is_object());
    prop_assert!(tokens.other.member("access_token").is_none());
    prop_assert!(tokens.other.member("refresh_token").is_none());
    prop_assert!(tokens.other.member("id_token").is_none());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    // ── rule 7: any bytes ──

    #[test]
    fn rule_7_json_takes_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        if let Some(json) = Json::parse(&bytes) {
            // An escape is at most six bytes for what may have been one.
            prop_assert!(json.to_text().len() <= bytes.len() * 6);
        }
    }

    #[test]
    fn rule_7_url_takes_any_text(text in prop_oneof![any::<String>(), url_text()]) {
        if let Some(url) = Url::parse(&text) {
            // Read back, it is the same; and its parts make up the whole.
            prop_assert_eq!(Url::parse(url.href()), Some(url.clone()));
            let mut whole = String::from(url.location());
            for (mark, part) in [('?', url.query()), ('#', url.fragment())] {
                if let Some(part) = part {
                    whole.push(mark);
                    whole.push_str(part);
                }
            }
            prop_assert_eq!(&whole, url.href());
            prop_assert!(url.path_and_after().starts_with(url.path()));
            prop_assert!(url.path().starts_with('/'));
            if !url.has_credentials() {
                prop_assert_eq!(url.origin() + url.path_and_after(), url.href());
            }
            prop_assert!(url.join(&text).is_some());
        }
        let _ = is_plain(&text);
    }

    #[test]
    fn rule_1_5_url_agrees_with_its_parser(text in prop_oneof![url_text(), "http://(127)?[.0-9a-f]{1,12}(:80)?/"]) {
        let parsed = url::Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        prop_assert_eq!(Url::parse(&text).map(|url| url.href().to_owned()), parsed.as_ref().map(ToString::to_string));
        if let (Some(ours), Some(theirs)) = (Url::parse(&text), parsed) {
            prop_assert_eq!(ours.origin(), theirs.origin().ascii_serialization());
            prop_assert_eq!(ours.path(), theirs.path());
            prop_assert_eq!(ours.query(), theirs.query());
            prop_assert_eq!(ours.fragment(), theirs.fragment());
            prop_assert_eq!(ours.has_credentials(), !theirs.username().is_empty() || theirs.password().is_some());
            let is_loopback = match theirs.host() {
                Some(url::Host::Domain(name)) => name == "localhost",
                Some(url::Host::Ipv4(address)) => address.is_loopback(),
                Some(url::Host::Ipv6(address)) => address.is_loopback(),
                None => false,
            };
            prop_assert_eq!(ours.is_confidential(), theirs.scheme() == "https" || is_loopback);
        }
    }

    #[test]
    fn rule_7_every_object_takes_any_text(text in prop_oneof![any::<String>(), json_text()]) {
        // Their results are looked at elsewhere; here it counts that there is one.
        for error in [
            Configuration::from_json(&text).err(),
            LoginOptions::from_json(&text).err(),
            AccessTokenOptions::from_json(&text).err(),
            LogoutOptions::from_json(&text).err(),
            CodeExchange::from_hand_off(text.as_bytes()).err(),
            Json::parse(text.as_bytes()).and_then(|json| ServerMetadata::new(json).err()),
            discovery_urls(&text).err(),
        ].into_iter().flatten() {
            // It may name the member, and that is as long as whoever wrote it made it.
            prop_assert!(error.message().len() <= 256 + text.len());
        }
    }

    #[test]
    fn rule_7_discovery_takes_any_answer(
        status in prop_oneof![4 => Just(200), 1 => any::<u16>()],
        content_type in prop_oneof![4 => Just(Some("application/json".to_owned())), 1 => prop::option::of(any::<String>())],
        body in prop_oneof![json_text(), any::<String>()],
    ) {
        match ServerMetadata::from_discovery(&response(status, content_type, body.into()), "https://as.example") {
            Ok(Some(server)) => prop_assert_eq!(server.issuer(), Some("https://as.example")),
            Ok(None) => {}
            Err(error) => prop_assert_eq!(error.code(), "invalid_metadata"),
        }
    }

    #[test]
    fn rule_7_token_response_takes_any_answer(
        status in prop_oneof![4 => Just(200), 1 => Just(400), 1 => any::<u16>()],
        content_type in prop_oneof![4 => Just(Some("application/json".to_owned())), 1 => prop::option::of(any::<String>())],
        body in prop_oneof![json_text().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..64)],
    ) {
        match exchange().finish(&response(status, content_type, body)) {
            Ok(tokens) => check_tokens(&tokens)?,
            Err(error) => {
                prop_assert!(matches!(error.code(), "token_response_malformed" | "token_request_failed"));
                check_error(&error)?;
            }
        }
    }

    /// Members as a server may send them, so that more than the first check is reached.
    #[test]
    fn rule_3_token_response_of_any_members(
        access_token in text_or_json(), token_type in prop_oneof![Just(Json::String("Bearer".into())), json()],
        expires_in in json(), scope in text_or_json(), refresh_token in text_or_json(), other in json(),
    ) {
        let mut body = Json::Object(Vec::new());
        for (name, value) in [("access_token", access_token.clone()), ("token_type", token_type), ("expires_in", expires_in), ("scope", scope.clone()), ("refresh_token", refresh_token.clone()), ("x", other.clone())] {
            body.set(name, value);
        }
        match exchange().finish(&response(200, Some("application/json".into()), body.to_text().into())) {
            Ok(tokens) => {
                check_tokens(&tokens)?;
                prop_assert_eq!(Some(tokens.access_token.expose()), access_token.as_str());
                prop_assert_eq!(tokens.refresh_token.as_ref().map(Secret::expose), refresh_token.as_str().filter(|text| !text.is_empty()));
                prop_assert_eq!(tokens.scope.as_deref(), scope.as_str().filter(|text| !text.is_empty()).or(Some("a")));
                // What is not known is kept as it came; null says nothing.
                prop_assert_eq!(tokens.other.member("x").is_some(), other != Json::Null);
                prop_assert!(tokens.other.member("x").is_none_or(|kept| *kept == other));
            }
            Err(error) => prop_assert_eq!(error.code(), "token_response_malformed"),
        }
    }

    /// A refusal of any length says no more than its caps.
    #[test]
    fn rule_2_7_refusals_are_capped(error in ".{1,400}", description in ".{0,1500}", repeat in 1_usize..4) {
        let mut body = Json::Object(Vec::new());
        body.set_text("error", Some(&error.repeat(repeat)));
        body.set_text("error_description", Some(&description.repeat(repeat)));
        body.set_text("error_uri", Some(&description.repeat(repeat * 2)));
        let failure = exchange().finish(&response(400, Some("application/json".into()), body.to_text().into())).unwrap_err();
        prop_assert!(failure.oauth().is_some());
        check_error(&failure)?;
    }

    // ── Json ──

    #[test]
    fn rule_7_json_round_trip(json in json()) {
        let text = json.to_text();
        let read = Json::parse(text.as_bytes());
        prop_assert!(read.as_ref() == Some(&json), "{}", text);
        prop_assert_eq!(read.unwrap().to_text(), text);
    }

    #[test]
    fn rule_7_json_accepts_what_serde_accepts(text in json_text()) {
        let ours = Json::parse(text.as_bytes());
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(theirs) => {
                // The reader that keeps the last of two members of one name is not the judge of those.
                if let Some(ours) = ours {
                    prop_assert!(!has_duplicates(&text), "accepted: {}", text);
                    prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&ours.to_text()).unwrap(), theirs);
                } else {
                    prop_assert!(has_duplicates(&text), "refused: {}", text);
                }
            }
            // A number beyond a float is none of serde's, and keeps its spelling here.
            Err(error) => prop_assert!(ours.is_none() || error.to_string().contains("out of range"), "accepted: {}", text),
        }
    }

    #[test]
    fn rule_7_millis_agree_with_floats(whole in 0_u64..1_000_000_000_000, thousandths in prop::option::of(0_u64..1000), more in "[0-9]{0,4}") {
        let spelling = thousandths.map_or(whole.to_string(), |part| format!("{whole}.{part:03}{more}"));
        let expected = Some(whole * 1000 + thousandths.unwrap_or_default());
        prop_assert_eq!(Json::Number(spelling.clone()).as_millis(), expected);
        prop_assert_eq!(Json::String(spelling).as_millis(), expected);
    }

    #[test]
    fn rule_7_whole_numbers_are_written_as_they_are(number in prop_oneof![any::<u64>(), 0..1000_u64, Just(u64::MAX), Just(10_u64.pow(19))]) {
        prop_assert_eq!(Json::from(number).to_text(), number.to_string());
    }

    #[test]
    fn rule_7_millis_take_any_text(text in prop_oneof![any::<String>(), "[-+0-9.eE ]{0,24}"]) {
        if let Some(millis) = Json::String(text.clone()).as_millis() {
            #[expect(clippy::cast_precision_loss, reason = "compared with a tolerance")]
            let (counted, read) = (millis as f64 / 1000.0, text.parse::<f64>().unwrap());
            prop_assert!((counted - read).abs() <= 0.001 + read * 1e-12, "{} read as {}", text, millis);
        }
    }

    // ── form encoding ──

    #[test]
    fn rule_1_3_form_round_trip(name in any::<String>(), value in any::<String>()) {
        let mut query = String::new();
        append_parameter(&mut query, &name, Some(&value));
        append_parameter(&mut query, "absent", None);
        let (encoded_name, encoded_value) = query.split_once('=').unwrap();
        prop_assert_eq!(decode_component(encoded_name), Some(name.clone()));
        prop_assert_eq!(decode_component(encoded_value), Some(value.clone()));
        prop_assert!(query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-._+%=".contains(&byte)));
        prop_assert_eq!(pairs(&query), vec![(name, value)]);
    }

    #[test]
    fn rule_2_2_form_decoding_is_strict(text in prop_oneof![any::<String>(), query(), "[%0-9a-fA-F+]{0,12}"]) {
        let is_well_formed = text.split('%').skip(1).all(|after| {
            after.len() >= 2 && after.bytes().take(2).all(|digit| digit.is_ascii_hexdigit())
        });
        let lenient = url::form_urlencoded::parse(format!("={}", text.replace('&', "%26")).as_bytes()).next().map(|(_, value)| value.into_owned());
        match decode_component(&text) {
            Some(decoded) => {
                let may_have_replacement = text.contains(char::REPLACEMENT_CHARACTER) || text.to_ascii_uppercase().contains("%EF%BF%BD");
                prop_assert!(is_well_formed && (may_have_replacement || !decoded.contains(char::REPLACEMENT_CHARACTER)));
                prop_assert_eq!(Some(decoded), lenient);
            }
            // The lenient one has put a replacement character in the place of what is not UTF-8.
            None => {
                let has_replacement = lenient.is_some_and(|text| text.contains(char::REPLACEMENT_CHARACTER));
                prop_assert!(!is_well_formed || has_replacement);
            }
        }
    }

    // ── the authorization request ──

    #[test]
    fn rule_1_3_no_parameter_twice(
        own_query in prop::option::of(query()),
        client_id in any::<String>(), scope in prop::option::of("[a-z ]{0,12}|openid"), redirect_uri in prop::option::of(any::<String>()),
        extra in prop::collection::vec((prop_oneof![Just("response_mode".to_owned()), Just("x".to_owned()), Just("code".to_owned()), any::<String>()], any::<String>()), 0..4),
        pkce in any::<bool>(), now in any::<u64>(),
    ) {
        let mut endpoint = String::from(ENDPOINT);
        if let Some(own_query) = &own_query {
            endpoint.push('?');
            endpoint.push_str(&own_query.replace(['#', '\\', ' '], "").chars().filter(|character| !character.is_control()).collect::<String>());
        }
        let mut metadata = Json::Object(Vec::new());
        metadata.set_text("authorization_endpoint", Some(&endpoint));
        let server = ServerMetadata::new(metadata).unwrap();
        let mut extras = Json::Object(Vec::new());
        extra.iter().for_each(|(name, value)| extras.set_text(name, Some(value)));
        let asked = AuthorizationParameters {
            client_id: &client_id, scope: scope.as_deref(), redirect_uri: redirect_uri.as_deref(), pkce,
            named: [("prompt", Some("login")), ("login_hint", None), ("ui_locales", None), ("acr_values", None)], max_age: None, extra: Some(&extras), return_to: "/",
            ..AuthorizationParameters::default()
        };
        let request = match AuthorizationRequest::new(&server, &asked, &entropy(), now) {
            Ok(request) => request,
            Err(error) => {
                prop_assert!(matches!(error.code(), "invalid_option" | "invalid_metadata"));
                return Ok(());
            }
        };
        // Nothing in a parameter's value breaks out of it: what a server reads is what was asked for.
        let added = request.url().strip_prefix(endpoint.as_str()).unwrap();
        prop_assert!(added.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-._+%=&?".contains(&byte)));
        let url = Url::parse(request.url()).unwrap();
        prop_assert!(url.fragment().is_none());
        let endpoint = Url::parse(&endpoint).unwrap();
        prop_assert_eq!(url.location(), endpoint.location());
        let own = pairs(endpoint.query().unwrap_or_default());
        let sent = pairs(added.trim_start_matches(['?', '&']));
        prop_assert_eq!(pairs(url.query().unwrap()), own.iter().chain(&sent).cloned().collect::<Vec<_>>());
        for (index, (name, _)) in sent.iter().enumerate() {
            prop_assert!(!sent.iter().skip(index + 1).any(|(other, _)| other == name), "{} twice", name);
            // One that cannot be decoded is the endpoint's own and no known name.
            let is_own = own.iter().any(|(other, _)| other == name && !other.contains([char::REPLACEMENT_CHARACTER, '%']));
            prop_assert!(!is_own, "{} twice", name);
        }
        let value = |wanted: &str| sent.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        prop_assert_eq!(value("client_id"), Some(client_id.as_str()));
        prop_assert_eq!(value("redirect_uri"), redirect_uri.as_deref());
        prop_assert_eq!(value("scope"), scope.as_deref());
        prop_assert_eq!(value("response_type"), Some("code"));
        prop_assert_eq!(value("code_challenge").is_some(), pkce);
        prop_assert_eq!(value("state").map(str::len), Some(43));
        for (name, value) in extras.members() {
            prop_assert_eq!(sent.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()), value.as_str());
        }
        // No more than what went in, encoded.
        let put_in = client_id.len() + redirect_uri.map_or(0, |uri| uri.len()) + extras.to_text().len();
        prop_assert!(request.url().len() <= endpoint.href().len() + put_in * 3 + 512);
    }

    #[test]
    fn rule_1_6_transaction_round_trip(
        client_id in any::<String>(), return_to in any::<String>(), binding in prop::option::of(any::<String>()), app_state in prop::option::of(json()), now in 0_u64..100_000_000_000_000,
    ) {
        let asked = AuthorizationParameters {
            client_id: &client_id, return_to: &return_to, binding: binding.as_deref(), app_state: app_state.as_ref(), pkce: true,
            ..AuthorizationParameters::default()
        };
        let request = AuthorizationRequest::new(&plain_server(), &asked, &entropy(), now).unwrap();
        let text = request.transaction().to_text();
        let read = Transaction::from_text(text.expose()).unwrap();
        prop_assert!(read.to_text() == text);
        prop_assert_eq!(read.state(), request.transaction().state());
        prop_assert_eq!(read.created_at(), now);
        // The store's sweeper reads the date without reading the rest.
        let beginning = format!("{{\"created_at\":{now},");
        prop_assert!(text.expose().starts_with(&beginning));
    }

    #[test]
    fn rule_7_stored_transaction_takes_any_text(text in prop_oneof![any::<String>(), json_text()], return_to in prop_oneof![any::<String>(), url_text()]) {
        let _ = Transaction::from_text(&text);
        let mut stored = Json::Object(vec![("created_at".into(), Json::Number("1".into())), ("v".into(), Json::Number("1".into()))]);
        for name in ["state", "server", "client_id"] {
            stored.set_text(name, Some(name));
        }
        stored.set_text("return_to", Some(&return_to));
        let transaction = Transaction::from_text(&stored.to_text()).unwrap();
        let page = Url::parse(CALLBACK).unwrap();
        // Wherever the app sends its user with it, it stays in its origin.
        prop_assert_eq!(page.join(transaction.return_to()).unwrap().origin(), page.origin());
    }

    // ── the authorization response ──

    #[test]
    fn rule_2_2_callback_takes_any_query(url in page()) {
        match AuthorizationResponse::from_callback_url(&url) {
            Ok(response) => {
                prop_assert!(!response.state().is_empty());
                prop_assert!(is_response(&url, None));
                // Another implementation finds each of ours at most once, and either a code or an error.
                let used = if has_response(url.query()) { url.query() } else { url.fragment() };
                let found = pairs(used.unwrap());
                for name in OURS {
                    prop_assert!(found.iter().filter(|(other, _)| other == name).count() <= 1, "{} twice", name);
                }
                let has = |name: &str| found.iter().any(|(other, value)| other == name && !value.is_empty());
                prop_assert!(has("code") != has("error"));
                prop_assert!(found.iter().any(|(name, value)| name == "state" && value == response.state()));
            }
            Err(error) => prop_assert_eq!(error.code(), "callback_malformed"),
        }
    }

    /// A right state does not make a wrong response right: it is completed with a code, or not at all.
    #[test]
    fn rule_2_7_no_exchange_without_a_code(parameters in query(), iss in any::<bool>()) {
        let asked = AuthorizationParameters { client_id: "app", pkce: true, ..AuthorizationParameters::default() };
        let request = AuthorizationRequest::new(&plain_server(), &asked, &entropy(), 0).unwrap();
        let transaction = Transaction::from_text(request.transaction().to_text().expose()).unwrap();
        let iss = if iss { "iss=https://as.example&" } else { "" };
        let url = Url::parse(&format!("{CALLBACK}?state={}&{iss}{}", transaction.state(), parameters.replace('#', ""))).unwrap();
        if let Ok(exchange) = AuthorizationResponse::from_callback_url(&url).and_then(|response| response.complete(transaction, &plain_server())) {
            let request = exchange.request("https://as.example/token", &ClientAuthentication::None);
            let form = pairs(request.body.as_ref().unwrap().expose());
            prop_assert!(form.iter().any(|(name, code)| name == "code" && !code.is_empty()), "{}", url.href());
            for (index, (name, _)) in form.iter().enumerate() {
                prop_assert!(!form.iter().skip(index + 1).any(|(other, _)| other == name), "{} twice", name);
            }
        }
    }

    #[test]
    fn rule_2_3_cleaned_url_has_none_of_ours_and_all_else(url in page()) {
        let cleaned = without_response(&url);
        let once = Url::parse(&cleaned).unwrap();
        prop_assert_eq!(once.href(), cleaned.as_str());
        prop_assert_eq!(without_response(&once), cleaned.clone());
        prop_assert_eq!(once.location(), url.location());
        prop_assert!(!is_response(&once, None));
        let kept = |part: Option<&str>| -> Vec<String> {
            let pairs = part.unwrap_or_default().split('&').map(String::from);
            pairs.filter(|pair| !is_ours(pair.split('=').next().unwrap_or_default())).collect()
        };
        let pieces = |part: Option<&str>| -> Vec<String> { part.map_or(Vec::new(), |part| part.split('&').map(String::from).collect()) };
        // Byte for byte, and in their order.
        if let Some(query) = url.query() {
            prop_assert_eq!(pieces(once.query()), kept(Some(query)));
        } else {
            prop_assert_eq!(once.query(), None);
        }
        if has_response(url.fragment()) {
            prop_assert_eq!(pieces(once.fragment()), kept(url.fragment()));
        } else {
            prop_assert_eq!(once.fragment(), url.fragment());
        }
    }

    // ── where the user goes ──

    #[test]
    fn rule_1_7_return_to_stays_in_the_origin(return_to in prop_oneof![any::<String>(), url_text()], page in prop_oneof![Just(CALLBACK.to_owned()), url_text()]) {
        let Some(page) = Url::parse(&page) else { return Ok(()) };
        match same_origin_path(&return_to, &page) {
            Ok(path) => {
                prop_assert!(path.starts_with('/'));
                prop_assert!(is_plain(&return_to));
                prop_assert_eq!(page.join(&return_to).unwrap().origin(), page.origin());
                // On whatever page of the origin it is resolved again.
                for base in [page.origin() + "/", page.origin() + "//a/b?c", page.href().to_owned()] {
                    let again = Url::parse(&base).unwrap().join(&path).unwrap();
                    prop_assert_eq!(again.origin(), page.origin());
                    prop_assert_eq!(again.path_and_after(), path.as_str());
                }
            }
            Err(error) => prop_assert_eq!(error.code(), "invalid_option"),
        }
    }

    #[test]
    fn rule_8_discovery_places_are_the_issuers(issuer in prop_oneof![Just("https://as.example/a".to_owned()), url_text()]) {
        if let Ok(places) = discovery_urls(&issuer) {
            prop_assert!(matches!(places.len(), 2 | 3));
            let origin = Url::parse(&issuer).unwrap().origin();
            for place in places {
                let url = Url::parse(&place).unwrap();
                prop_assert_eq!(url.origin(), origin.clone());
                prop_assert!(url.is_confidential() && url.query().is_none() && url.fragment().is_none() && !url.has_credentials());
            }
        }
    }

    // ── the hand-off ──

    #[test]
    fn rule_3_hand_off_round_trip(values in prop::collection::vec(any::<String>(), 7), last in 3_usize..8) {
        const MEMBERS: [&str; 7] = ["code", "state", "client_id", "code_verifier", "redirect_uri", "iss", "nonce"];
        let mut body = Json::Object(Vec::new());
        for (name, value) in MEMBERS.iter().zip(&values).take(last) {
            body.set_text(name, Some(value));
        }
        match CodeExchange::from_hand_off(body.to_text().as_bytes()) {
            Ok(exchange) => {
                let request = exchange.hand_off("https://app.example/exchange", None);
                let passed_on = Json::parse(request.body.as_ref().unwrap().expose().as_bytes()).unwrap();
                prop_assert_eq!(passed_on.members().len(), last);
                for name in MEMBERS {
                    prop_assert_eq!(passed_on.text(name), body.text(name));
                }
            }
            Err(error) => {
                prop_assert_eq!(error.code(), "invalid_option");
                prop_assert!(values.iter().take(3).any(String::is_empty));
            }
        }
    }

    /// Header fields of the app are there once, and never in the place of ours.
    #[test]
    fn rule_3_hand_off_headers(names in prop::collection::vec("[A-Za-z-]{1,8}|[xX]-[rR]equested-[wW]ith|[cC]ontent-[tT]ype", 0..4)) {
        let mut headers = Json::Object(Vec::new());
        names.iter().for_each(|name| headers.set_text(name, Some("theirs")));
        let request = exchange().hand_off("https://app.example/exchange", Some(&headers));
        let values = |wanted: &str| -> Vec<&str> {
            request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str()).collect()
        };
        prop_assert_eq!(values("x-requested-with"), ["wicketgate"]);
        prop_assert_eq!(values("content-type"), ["application/json"]);
    }
}

/// Whether some object in `text`, a JSON text, has two members of one name: found by a reader that sees each.
fn has_duplicates(text: &str) -> bool {
    use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

    struct Strict;
    struct Reader;

    impl<'de> Deserialize<'de> for Strict {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Reader)
        }
    }

    impl<'de> Visitor<'de> for Reader {
        type Value = Strict;

        fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            formatter.write_str("any value")
        }

        fn visit_unit<E>(self) -> Result<Strict, E> {
            Ok(Strict)
        }

        fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
            Ok(Strict)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
            Ok(Strict)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
            Ok(Strict)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
            Ok(Strict)
        }

        fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
            Ok(Strict)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
            while items.next_element::<Strict>()?.is_some() {}
            Ok(Strict)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Strict, A::Error> {
            let mut names = Vec::new();
            while let Some(name) = members.next_key::<String>()? {
                if names.contains(&name) {
                    return Err(A::Error::custom("twice"));
                }
                names.push(name);
                members.next_value::<Strict>()?;
            }
            Ok(Strict)
        }
    }

    serde_json::from_str::<Strict>(text).is_err()
}

fn is_ours(encoded: &str) -> bool {
    decode_component(encoded).is_some_and(|name| OURS.contains(&name.as_str()))
}

fn has_response(parameters: Option<&str>) -> bool {
    let names: Vec<String> =
        parameters.unwrap_or_default().split('&').filter_map(|pair| decode_component(pair.split('=').next()?)).collect();
    let has = |name: &str| names.iter().any(|other| other == name);
    has("state") && (has("code") || has("error"))
}
