//! Properties of every input: no parser panics, written values can be read back, nothing is sent twice, nothing grows without
//! bound. Only native: thousands of inputs for each property.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]

use std::future::ready;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use base64ct::{Base64UrlUnpadded, Encoding};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use support::signature as signatures;
use wicketgate::client::{AccessTokenOptions, Configuration, LoginOptions, LogoutOptions};
use wicketgate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, Entropy, Transaction};
use wicketgate::protocol::backend_login::{login_error, without_login_error};
use wicketgate::protocol::callback::{
    AuthorizationResponse, is_response, unverified_error, without_response, without_unverified_error,
};
use wicketgate::protocol::challenge::step_up;
use wicketgate::protocol::error::{Error, ErrorKind};
use wicketgate::protocol::http::Response;
use wicketgate::protocol::id_token::{Expected, Refreshed, at_hash_bits, check_at_hash, refreshed as refreshed_claims, validate};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jwk::JwkSet;
use wicketgate::protocol::jws::{Algorithm, Jws};
use wicketgate::protocol::logout::LogoutRequest;
use wicketgate::protocol::metadata::{ServerMetadata, discovery_urls};
use wicketgate::protocol::return_to::same_origin_path;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{ClientAuthentication, CodeExchange, TokenSet, refreshed};
use wicketgate::protocol::url::{Url, append_parameter, decode_component, is_plain};
use wicketgate::protocol::userinfo;

const OURS: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];
const ENDPOINT: &str = "https://as.example/authorize";
const CALLBACK: &str = "https://app.example/cb";
const ISSUER: &str = "https://as.example";
/// In milliseconds.
const NOW: u64 = 1_700_000_000_000;
const CLAIMS: [&str; 11] = ["iss", "aud", "azp", "nonce", "acr", "sub", "exp", "iat", "nbf", "auth_time", "at_hash"];
const ALGORITHMS: [&str; 11] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

// ── inputs ──

/// Text that is likely to reach a special case: made of pieces that parsers look for, and of arbitrary text.
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

const STEP_UP: &str = "insufficient_user_authentication";

/// A challenge: its scheme, and its parameters in their order.
type Challenge = (&'static str, Vec<(&'static str, String)>);

fn challenge() -> impl Strategy<Value = Challenge> {
    let scheme = prop::sample::select(&["Bearer", "DPoP", "Basic", "Newauth", "x"][..]);
    let error = prop::option::weighted(0.8, prop::sample::select(&[STEP_UP, STEP_UP, "invalid_token", ""][..]));
    // Text that a field may carry (RFC 9110 §5.5), and more. White space around it could not be distinguished from the
    // separator's.
    let acr = prop::option::of("[!-~äé€]([ -~äé€\t]{0,12}[!-~äé€])?");
    let realm = prop::option::of("[ -~]{0,12}");
    let parameters = (error, acr, prop::option::of(0..100_000_u32), realm).prop_map(|(error, acr, max_age, realm)| {
        let all = [
            ("error", error.map(String::from)),
            ("acr_values", acr),
            ("max_age", max_age.map(|seconds| seconds.to_string())),
            ("realm", realm),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect::<Vec<_>>()
    });
    (scheme, parameters.prop_shuffle())
}

/// The field with these challenges (RFC 9110 §11.6.1), in one of many spellings: `pick` picks one of several.
fn written(challenges: &[Challenge], mut pick: impl FnMut(&[&'static str]) -> &'static str) -> String {
    let mut field = String::new();
    for (scheme, parameters) in challenges {
        let mut scheme = if pick(&["", "loud"]).is_empty() { (*scheme).to_owned() } else { scheme.to_ascii_uppercase() };
        if parameters.is_empty() {
            field.push_str(&scheme);
            field.push_str(pick(&[",", ", "]));
        }
        for (name, value) in parameters {
            let is_token = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
            let value = if is_token && pick(&["", "quoted"]).is_empty() {
                value.clone()
            } else {
                let escaped = value.chars().map(|character| match character {
                    '"' | '\\' => format!("\\{character}"),
                    _ => format!("{}{character}", pick(&["", "", "", "\\"])),
                });
                format!("\"{}\"", escaped.collect::<String>())
            };
            let scheme = core::mem::take(&mut scheme);
            let space = if scheme.is_empty() { "" } else { pick(&[" ", "  ", " \t"]) };
            let name = if pick(&["", "loud"]).is_empty() { (*name).to_owned() } else { name.to_ascii_uppercase() };
            let (equals, comma) = (pick(&["=", " =", "= ", " \t= "]), pick(&[",", ", ", " , ", ",\t,"]));
            field.push_str(&[&scheme, space, &name, equals, &value, comma].concat());
        }
    }
    field
}

/// In the form of our own states: 256 bits.
const OUR_STATE: &str = "=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn query() -> impl Strategy<Value = String> {
    let name = prop::sample::select(
        &["code", "state", "iss", "error", "error_description", "error_uri", "%63ode", "st%61te", "%65rror", "Code", "x", ""][..],
    );
    let value = prop::sample::select(
        &[
            "",
            "=",
            OUR_STATE,
            OUR_STATE,
            OUR_STATE,
            "=1",
            "=2",
            "=%00",
            "=%E2%80%AE",
            "=%FF",
            "=%",
            "=a+b%20c",
            "=https://as.example",
        ][..],
    );
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
        OUR_STATE,
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

/// A page's URL with an arbitrary query and fragment.
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

/// An object in which each of `members` may be present or absent.
fn object_of(members: Vec<(&'static str, BoxedStrategy<Json>)>) -> impl Strategy<Value = Json> {
    let member = |(name, value): (&'static str, BoxedStrategy<Json>)| {
        prop_oneof![6 => value.prop_map(Some), 1 => Just(None)].prop_map(move |value| (name, value))
    };
    members.into_iter().map(member).collect::<Vec<_>>().prop_map(|members| {
        let mut object = Json::empty();
        for (name, value) in members {
            object.set_copy(name, value.as_ref());
        }
        object
    })
}

fn one_of(texts: &'static [&'static str]) -> BoxedStrategy<Json> {
    prop_oneof![6 => prop::sample::select(texts).prop_map(|text| Json::String(text.into())), 1 => json()].boxed()
}

/// The right value three times out of four, so that later checks are reached.
fn mostly(right: &'static str, others: &'static [&'static str]) -> BoxedStrategy<Json> {
    prop_oneof![3 => Just(Json::String(right.into())), 1 => one_of(others)].boxed()
}

/// Text that may be a token: three parts, any of which may be wrong in any way, or more parts, or fewer.
fn token_text() -> impl Strategy<Value = String> {
    let header = object_of(vec![
        ("alg", prop_oneof![8 => one_of(&ALGORITHMS), 1 => one_of(&["none", "HS256", "rs256", "ES256K"])].boxed()),
        ("kid", one_of(&["", "k"])),
    ]);
    let critical = prop_oneof![8 => Just(None), 1 => json().prop_map(Some)];
    let header = (header, critical).prop_map(|(mut header, critical)| {
        header.set_copy("crit", critical.as_ref());
        header.to_text()
    });
    let payload = object_of(vec![("a", json().boxed()), ("b", json().boxed())]).prop_map(|object| object.to_text());
    let payload = prop_oneof![3 => payload, 1 => json_text()];
    let part = |text: BoxedStrategy<String>| {
        prop_oneof![
            12 => text.clone().prop_map(|text| encoded(text.as_bytes())),
            1 => text.clone().prop_map(|text| base64ct::Base64Url::encode_string(text.as_bytes())),
            1 => text.clone().prop_map(|text| base64ct::Base64Unpadded::encode_string(text.as_bytes())),
            1 => text.clone(),
            1 => (text, "[A-Za-z0-9_=+ -]{1,2}").prop_map(|(text, more)| encoded(text.as_bytes()) + &more),
        ]
        .boxed()
    };
    let header = prop_oneof![6 => part(header.boxed()), 1 => part(json_text().boxed())];
    let bytes = prop::collection::vec(any::<u8>(), 0..24);
    let signature = prop_oneof![
        2 => bytes.clone().prop_map(|bytes| encoded(&bytes)),
        1 => bytes.prop_map(|bytes| base64ct::Base64Unpadded::encode_string(&bytes)),
        1 => "[A-Za-z0-9_-]{0,6}",
    ];
    let more = prop_oneof![12 => Just(""), 1 => Just("."), 1 => Just(".AA"), 1 => Just(" "), 1 => Just("\n")];
    let whole = (header, part(payload.boxed()), signature, more);
    let whole = whole.prop_map(|(header, payload, signature, more)| format!("{header}.{payload}.{signature}{more}"));
    prop_oneof![
        8 => whole,
        1 => pieces(&[".", ".", "eyJhbGciOiJSUzI1NiJ9", "e30", "AA", "AB", "=", "_", "-", "+", "/"]),
    ]
}

fn key_set() -> impl Strategy<Value = Json> {
    let odd = prop::sample::select(vec![Json::Null, Json::Number("1".into()), Json::Array(Vec::new()), Json::empty()]);
    let one_of = |texts: &'static [&'static str]| {
        let text = prop::sample::select(texts).prop_map(|text| Json::String(text.into()));
        prop_oneof![12 => text, 1 => odd.clone()].boxed()
    };
    // Not zero: leading zeros do not count.
    let modulus = prop::sample::select(&[100, 340, 341, 342, 683][..]);
    let modulus = modulus.prop_map(|length| Json::String(format!("B{:A<1$}", "", length - 1)));
    let mut members = vec![
        ("kty", one_of(&["RSA", "EC", "OKP", "oct"])),
        ("crv", one_of(&["P-256", "P-384", "P-521", "Ed25519", "X25519"])),
        ("n", modulus.boxed()),
        ("e", one_of(&["AQAB"])),
        ("x", one_of(&["X", "Y"])),
        ("y", one_of(&["Y"])),
        ("kid", one_of(&["k", "l"])),
        ("use", one_of(&["sig", "sig", "sig", "enc"])),
        ("alg", one_of(&ALGORITHMS)),
        ("key_ops", prop::collection::vec(one_of(&["sign", "verify"]), 0..3).prop_map(Json::Array).boxed()),
    ];
    members.extend(["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].map(|name| (name, one_of(&["SECRET"]))));
    let key = prop_oneof![12 => object_of(members).boxed(), 1 => odd];
    prop::collection::vec(key, 0..24).prop_map(|keys| {
        let mut set = Json::empty();
        set.set("keys", Json::Array(keys));
        set
    })
}

// ── signed tokens ──

fn encoded(part: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(part)
}

/// A well-formed token that is believed and compared with a client's expectations.
fn token_of(claims: &Json) -> Jws {
    Jws::parse(&format!("{}.{}.", encoded(br#"{"alg":"RS256"}"#), encoded(claims.to_text().as_bytes()))).unwrap()
}

fn expected() -> Expected<'static> {
    Expected {
        issuer: ISSUER,
        client_id: "app",
        trusted_audiences: &[],
        nonce: None,
        max_age: None,
        acr: None,
        now: NOW,
        tolerance: 0,
    }
}

/// Most of them are right, so that each check is reached; the others contain `CLAIM`.
fn claims_that_must_not_show() -> impl Strategy<Value = Json> {
    let members = CLAIMS.map(|name| {
        let right = match name {
            "iss" => Json::String(ISSUER.into()),
            "aud" | "azp" => Json::String("app".into()),
            "exp" | "iat" | "nbf" | "auth_time" => Json::from(NOW / 1000),
            "nonce" => Json::String("NONCE".into()),
            _ => Json::String("CLAIM".into()),
        };
        // An error may name the issuer and the audience.
        let wrong = match name {
            "iss" | "aud" | "azp" => one_of(&["OTHER"]),
            _ => prop_oneof![Just(Json::String("CLAIM".repeat(60))), one_of(&["CLAIM"])].boxed(),
        };
        (name, prop_oneof![12 => Just(right), 1 => wrong].boxed())
    });
    object_of(members.into())
}

/// The output of `future`, which waits for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// The whole way from a token's text to whether its signature is valid.
fn is_believed(token: &str, keys: &JwkSet) -> bool {
    let Ok(token) = Jws::parse(token) else { return false };
    let keys = keys.candidates(&token);
    at_once(token.verified(keys, |check| ready(Ok(signatures::verifies(&check))))).unwrap().unwrap().is_some()
}

fn keys_of(keys: &str) -> JwkSet {
    JwkSet::from_response(&response(200, Some("application/json".into()), format!("{{\"keys\":{keys}}}").into())).unwrap()
}

/// One token for each algorithm, with its keys: the tokens of the vectors with valid signatures.
static SIGNED_TOKENS: LazyLock<Vec<(String, JwkSet)>> = LazyLock::new(|| {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("vectors/jws.json")).unwrap();
    let cases = vectors.get("signature").and_then(serde_json::Value::as_array).unwrap();
    let is_right = |case: &&serde_json::Value| case.pointer("/expected/is_verified") == Some(&true.into());
    let tokens = cases.iter().filter(is_right).take(ALGORITHMS.len()).map(|case| {
        let input = |name: &str| case.get("input").and_then(|input| input.get(name)).unwrap();
        (input("token").as_str().unwrap().to_owned(), keys_of(&input("keys").to_string()))
    });
    tokens.collect()
});

/// `token` with one bit flipped; `None` if the result is not text.
fn flipped(token: &str, at: prop::sample::Index, bit: u32) -> Option<String> {
    let mut bytes = token.as_bytes().to_vec();
    *at.get_mut(&mut bytes) ^= 1 << bit;
    String::from_utf8(bytes).ok()
}

/// Whether a token is well-formed for other readers; `None` if they cannot tell: a number beyond a float.
fn is_well_formed(token: &str) -> Option<bool> {
    let parts: Vec<_> = token.split('.').map(|part| Base64UrlUnpadded::decode_vec(part).ok()).collect();
    let [Some(header), Some(payload), Some(_)] = &parts[..] else { return Some(false) };
    let mut objects = Vec::new();
    for part in [header, payload] {
        let Ok(text) = str::from_utf8(part) else { return Some(false) };
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(serde_json::Value::Object(object)) if !has_duplicates(text) => objects.push(object),
            Err(error) if error.to_string().contains("out of range") => return None,
            _ => return Some(false),
        }
    }
    let header = objects.first()?;
    let is_ours = header.get("alg").and_then(serde_json::Value::as_str).is_some_and(|name| ALGORITHMS.contains(&name));
    Some(is_ours && !header.contains_key("crit") && header.get("kid").is_none_or(|kid| kid.is_string() || kid.is_null()))
}

// ── the flow without any obstacle ──

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
    Response::new(status, content_type, body)
}

/// Form decoding by another implementation, which is lenient where ours is strict.
fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Sentence and hint contain only our own words, and the server's words are bounded.
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

    // ── bad input: any bytes ──

    #[test]
    fn json_takes_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        if let Some(json) = Json::parse(&bytes) {
            // An escape has at most six bytes for one input byte.
            prop_assert!(json.to_text().len() <= bytes.len() * 6);
        }
    }

    #[test]
    fn url_takes_any_text(text in prop_oneof![any::<String>(), url_text()]) {
        if let Some(url) = Url::parse(&text) {
            // Parsed again, the URL is the same, and its parts make up the whole.
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
    fn a_challenge_takes_any_text(text in prop_oneof![
        any::<String>(),
        pieces(&["Bearer ", "DPoP ", "Basic ", "error=", STEP_UP, "acr_values=", "max_age=", "\"", "\\", ",", "=", " ", "\t", "5", "x"]),
        (0..9000_usize).prop_map(|length| format!("Bearer error={STEP_UP}, acr_values=\"{}\"", "é".repeat(length))),
    ]) {
        if let Some(asked) = step_up(&text) {
            prop_assert!(text.len() <= 8192);
            prop_assert!(asked.to_text().len() <= 6 * text.len() + 64);
            prop_assert!(asked.members().iter().all(|(name, _)| name == "acrValues" || name == "maxAge"));
            prop_assert!(asked.text("acrValues").is_none_or(|values| !values.is_empty()));
            prop_assert!(LoginOptions::from_json(&asked.to_text()).is_ok());
        }
    }

    #[test]
    fn a_challenge_is_read_back(
        challenges in prop::collection::vec(challenge(), 0..4),
        styles in prop::collection::vec(0..64_usize, 64..128),
    ) {
        let mut styles = styles.iter().cycle();
        let field = written(&challenges, |of| of.iter().cycle().nth(*styles.next().unwrap()).unwrap());
        let of = |challenge: &Challenge, name: &str| challenge.1.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone());
        let meant = challenges.iter().find(|challenge| {
            matches!(challenge.0, "Bearer" | "DPoP") && of(challenge, "error").is_some_and(|error| error == STEP_UP)
        });
        let asked = step_up(&field);
        prop_assert_eq!(asked.is_some(), meant.is_some(), "{}", field);
        if let Some((asked, meant)) = asked.zip(meant) {
            prop_assert_eq!(asked.text("acrValues").map(String::from), of(meant, "acr_values"), "{}", field);
            prop_assert_eq!(asked.integer("maxAge"), of(meant, "max_age").and_then(|seconds| seconds.parse().ok()), "{}", field);
        }
    }

    #[test]
    fn url_agrees_with_its_parser(text in prop_oneof![url_text(), "http://(127)?[.0-9a-f]{1,12}(:80)?/"]) {
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
    fn every_object_takes_any_text(text in prop_oneof![any::<String>(), json_text()]) {
        // Other properties check the results; this one only checks that there is one.
        for error in [
            Configuration::from_json(&text).err(),
            LoginOptions::from_json(&text).err(),
            AccessTokenOptions::from_json(&text).err(),
            LogoutOptions::from_json(&text).err(),
            CodeExchange::from_hand_off(text.as_bytes()).err(),
            Json::parse(text.as_bytes()).and_then(|json| ServerMetadata::new(json).err()),
            discovery_urls(&text).err(),
        ].into_iter().flatten() {
            // The message may name the member, which is as long as its author wrote it.
            prop_assert!(error.message().len() <= 256 + text.len());
        }
    }

    #[test]
    fn discovery_takes_any_answer(
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
    fn token_response_takes_any_answer(
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

    /// Members as a server may send them, so that later checks are reached, too.
    #[test]
    fn token_response_of_any_members(
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
                let read: Option<Vec<&str>> = scope.items().iter().map(Json::as_str).collect();
                let granted = read.map(|tokens| tokens.into_iter().filter(|token| !token.is_empty()).collect::<Vec<_>>().join(" "));
                prop_assert_eq!(tokens.scope.as_deref(), granted.as_deref().filter(|granted| !granted.is_empty()).or(Some("a")));
                // Unknown members are kept as they came; null counts as absent.
                prop_assert_eq!(tokens.other.member("x").is_some(), other != Json::Null);
                prop_assert!(tokens.other.member("x").is_none_or(|kept| *kept == other));
            }
            Err(error) => prop_assert_eq!(error.code(), "token_response_malformed"),
        }
    }

    /// Every stored value reads back equal, and its end is a date in JavaScript.
    #[test]
    fn what_is_kept_reads_back(expires_in in prop_oneof![json(), "(0|[1-9][0-9]{0,39})(\\.[0-9]{1,4})?([eE][-+]?[0-9]{1,4})?".prop_map(Json::Number)], now in 0_u64..4_102_444_800_000) {
        let mut body = Json::empty();
        body.set_text("access_token", Some("at"));
        body.set("expires_in", expires_in);
        let tokens = exchange().finish(&response(200, Some("application/json".into()), body.to_text().into())).unwrap();
        if let Some(lifetime) = tokens.expires_in {
            let mut record = Json::empty();
            record.set("expires_at", Json::from(now + lifetime));
            let read = Json::parse(record.to_text().as_bytes()).unwrap();
            prop_assert_eq!(read.integer("expires_at"), Some(now + lifetime));
            prop_assert!(now + lifetime <= 8_640_000_000_000_000);
        }
    }

    /// The error of a refusal of any length keeps within its caps.
    #[test]
    fn refusals_are_capped(error in ".{1,400}", description in ".{0,1500}", repeat in 1_usize..4) {
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
    fn json_round_trip(json in json()) {
        let text = json.to_text();
        let read = Json::parse(text.as_bytes());
        prop_assert!(read.as_ref() == Some(&json), "{}", text);
        prop_assert_eq!(read.unwrap().to_text(), text);
    }

    #[test]
    fn json_accepts_what_serde_accepts(text in json_text()) {
        let ours = Json::parse(text.as_bytes());
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(theirs) => {
                // The other reader keeps the last of two members of one name, so it cannot judge those.
                if let Some(ours) = ours {
                    prop_assert!(!has_duplicates(&text), "accepted: {}", text);
                    prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&ours.to_text()).unwrap(), theirs);
                } else {
                    prop_assert!(has_duplicates(&text), "refused: {}", text);
                }
            }
            // serde refuses a number beyond a float; here it keeps its spelling.
            Err(error) => prop_assert!(ours.is_none() || error.to_string().contains("out of range"), "accepted: {}", text),
        }
    }

    #[test]
    fn millis_agree_with_floats(whole in 0_u64..1_000_000_000_000, thousandths in prop::option::of(0_u64..1000), more in "[0-9]{0,4}") {
        let spelling = thousandths.map_or(whole.to_string(), |part| format!("{whole}.{part:03}{more}"));
        let expected = Some(whole * 1000 + thousandths.unwrap_or_default());
        prop_assert_eq!(Json::Number(spelling.clone()).as_millis(), expected);
        prop_assert_eq!(Json::String(spelling).as_millis(), expected);
    }

    #[test]
    fn whole_numbers_are_written_as_they_are(number in prop_oneof![any::<u64>(), 0..1000_u64, Just(u64::MAX), Just(10_u64.pow(19))]) {
        prop_assert_eq!(Json::from(number).to_text(), number.to_string());
        let mut object = Json::empty();
        object.set("n", Json::from(number));
        prop_assert_eq!(Json::parse(object.to_text().as_bytes()).unwrap().integer("n"), Some(number));
    }

    #[test]
    fn millis_take_any_text(text in prop_oneof![any::<String>(), "[-+0-9.eE ]{0,24}"]) {
        if let Some(millis) = Json::String(text.clone()).as_millis() {
            #[expect(clippy::cast_precision_loss, reason = "compared with a tolerance")]
            let (counted, read) = (millis as f64 / 1000.0, text.parse::<f64>().unwrap());
            // Larger values are reduced to somewhat more than the end of JavaScript's calendar.
            prop_assert!((counted - read.min(9e12)).abs() <= 0.001 + counted * 1e-12, "{} read as {}", text, millis);
        }
    }

    // ── form encoding ──

    #[test]
    fn form_round_trip(name in any::<String>(), value in any::<String>()) {
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
    fn form_decoding_is_strict(text in prop_oneof![any::<String>(), query(), "[%0-9a-fA-F+]{0,12}"]) {
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
            // The lenient implementation has replaced the bytes that are not UTF-8.
            None => {
                let has_replacement = lenient.is_some_and(|text| text.contains(char::REPLACEMENT_CHARACTER));
                prop_assert!(!is_well_formed || has_replacement);
            }
        }
    }

    // ── the login at the backend ──

    #[test]
    fn a_failure_of_the_login_at_the_backend_takes_any_url(url in page(), said in any::<String>(), more in query()) {
        let mut parameters = more.replace(['#', '?'], "");
        append_parameter(&mut parameters, "wicketgate_error", Some(&said));
        append_parameter(&mut parameters, "wicketgate_error_description", Some(&said));
        for href in [url.href().to_owned(), format!("{CALLBACK}?{parameters}")] {
            let url = Url::parse(&href).unwrap();
            let error = login_error(&url);
            prop_assert_eq!(error.is_some(), href.contains("wicketgate_error=") && !said.is_empty());
            if let Some(error) = error {
                check_error(&error)?;
            }
            prop_assert!(!without_login_error(&url).contains("wicketgate_error"));
        }
    }

    // ── the authorization request ──

    #[test]
    fn no_parameter_twice(
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
        // No parameter's value can break out of its place: the server reads exactly the requested values.
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
            // A parameter that cannot be decoded is the endpoint's own, and not a known name.
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
        // The result is not longer than the encoded input.
        let put_in = client_id.len() + redirect_uri.map_or(0, |uri| uri.len()) + extras.to_text().len();
        prop_assert!(request.url().len() <= endpoint.href().len() + put_in * 3 + 512);
    }

    #[test]
    fn transaction_round_trip(
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
    fn stored_transaction_takes_any_text(text in prop_oneof![any::<String>(), json_text()], return_to in prop_oneof![any::<String>(), url_text()]) {
        let _ = Transaction::from_text(&text);
        let mut stored = Json::Object(vec![("created_at".into(), Json::Number("1".into())), ("v".into(), Json::Number("1".into()))]);
        for name in ["state", "server", "client_id"] {
            stored.set_text(name, Some(name));
        }
        stored.set_text("return_to", Some(&return_to));
        let transaction = Transaction::from_text(&stored.to_text()).unwrap();
        let page = Url::parse(CALLBACK).unwrap();
        // Wherever the app sends its user with it, the place is of its own origin.
        prop_assert_eq!(page.join(transaction.return_to()).unwrap().origin(), page.origin());
    }

    // ── the authorization response ──

    #[test]
    fn callback_takes_any_query(url in page()) {
        match AuthorizationResponse::from_callback_url(&url) {
            Ok(response) => {
                prop_assert!(!response.state().is_empty());
                let is_ours = Base64UrlUnpadded::decode_vec(response.state()).is_ok_and(|bytes| bytes.len() == 32);
                prop_assert!(is_response(&url, None) || !is_ours);
                // Another implementation finds each of our parameters at most once, and either a code or an error.
                let used = if has_response(url.query()) || !has_response(url.fragment()) { url.query() } else { url.fragment() };
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

    /// A response that cannot be tied to a login gives an error to show, and never a code.
    #[test]
    fn an_unverified_error_is_nothing_else(url in page()) {
        if let Some(error) = unverified_error(&url, None) {
            let is_unverified = matches!(error.kind(), ErrorKind::UnverifiedError(_));
            prop_assert!(is_unverified);
            prop_assert!(has_stray_error(url.query()) || has_stray_error(url.fragment()));
            let cleaned = Url::parse(&without_unverified_error(&url)).unwrap();
            prop_assert!(unverified_error(&cleaned, None).is_none());
            prop_assert_eq!(cleaned.location(), url.location());
            check_error(&error)?;
        }
    }

    /// A right state does not make a wrong response right: it completes with a code, or not at all.
    #[test]
    fn no_exchange_without_a_code(parameters in query(), iss in any::<bool>()) {
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
    fn cleaned_url_has_none_of_ours_and_all_else(url in page()) {
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
        // Byte for byte, and in the same order.
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

    // ── the place after the login ──

    #[test]
    fn return_to_stays_in_the_origin(return_to in prop_oneof![any::<String>(), url_text()], page in prop_oneof![Just(CALLBACK.to_owned()), url_text()]) {
        let Some(page) = Url::parse(&page) else { return Ok(()) };
        match same_origin_path(&return_to, &page) {
            Ok(path) => {
                prop_assert!(path.starts_with('/'));
                prop_assert!(is_plain(&return_to));
                prop_assert_eq!(page.join(&return_to).unwrap().origin(), page.origin());
                // On every page of the origin where it is resolved again.
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
    fn discovery_places_are_the_issuers(issuer in prop_oneof![Just("https://as.example/a".to_owned()), url_text()]) {
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
    fn hand_off_round_trip(values in prop::collection::vec(any::<String>(), 7), last in 3_usize..8) {
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

    /// Header fields of the app occur once, and never replace ours.
    #[test]
    fn hand_off_headers(names in prop::collection::vec("[A-Za-z-]{1,8}|[xX]-[rR]equested-[wW]ith|[cC]ontent-[tT]ype", 0..4)) {
        let mut headers = Json::Object(Vec::new());
        names.iter().for_each(|name| headers.set_text(name, Some("theirs")));
        let request = exchange().hand_off("https://app.example/exchange", Some(&headers));
        let values = |wanted: &str| -> Vec<&str> {
            request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str()).collect()
        };
        prop_assert_eq!(values("x-requested-with"), ["wicketgate"]);
        prop_assert_eq!(values("content-type"), ["application/json"]);
    }

    // ── signed tokens ──

    #[test]
    fn token_is_what_others_take_for_one(text in prop_oneof![4 => token_text(), 1 => any::<String>()]) {
        let parsed = Jws::parse(&text);
        if let Some(is_well_formed) = is_well_formed(&text) {
            prop_assert_eq!(parsed.is_ok(), is_well_formed, "{}", text);
        }
        if let Ok(token) = parsed {
            let shown = format!("{token:?}");
            prop_assert!(text.split('.').all(|part| part.len() < 9 || !shown.contains(part)));
            prop_assert!(ALGORITHMS.iter().any(|name| Algorithm::from_name(name) == Some(token.algorithm())));
        }
    }

    #[test]
    fn one_bit_more_or_less_is_refused(
        which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        prop_assert_eq!(SIGNED_TOKENS.len(), ALGORITHMS.len());
        let (token, keys) = which.get(&SIGNED_TOKENS);
        prop_assert!(is_believed(token, keys));
        if let Some(other) = flipped(token, at, bit) {
            prop_assert!(!is_believed(&other, keys), "{}", other);
        }
    }

    #[test]
    fn what_is_signed_is_believed_and_nothing_else(
        payload in object_of(vec![("sub", json().boxed()), ("x", json().boxed())]), other in json(), is_edwards in any::<bool>(),
        at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};

        let random = ring::rand::SystemRandom::new();
        let algorithm = if is_edwards { "EdDSA" } else { "ES256" };
        let signed_by = |payload: &Json| {
            let header = format!("{{\"alg\":\"{algorithm}\"}}");
            let signed = [header, payload.to_text()].map(|part| encoded(part.as_bytes())).join(".");
            let (signature, key) = if is_edwards {
                let key = Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref()).unwrap();
                let x = encoded(key.public_key().as_ref());
                (encoded(key.sign(signed.as_bytes()).as_ref()), format!(r#"[{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}]"#))
            } else {
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
                let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
                let [x, y] = [1..33, 33..65].map(|range| encoded(key.public_key().as_ref().get(range).unwrap()));
                let signature = key.sign(&random, signed.as_bytes()).unwrap();
                (encoded(signature.as_ref()), format!(r#"[{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}]"#))
            };
            (signed, signature, keys_of(&key))
        };
        let (signed, signature, keys) = signed_by(&payload);
        let token = format!("{signed}.{signature}");
        prop_assert!(is_believed(&token, &keys));
        if let Some(other) = flipped(&token, at, bit) {
            prop_assert!(!is_believed(&other, &keys), "{}", other);
        }
        // Neither with another token's signature nor with another key.
        let mut changed = payload.clone();
        changed.set("y", other);
        let (other_signed, other_signature, other_keys) = signed_by(&changed);
        prop_assert!(!is_believed(&[signed, other_signature].join("."), &keys));
        prop_assert!(!is_believed(&[other_signed, signature].join("."), &keys));
        prop_assert!(!is_believed(&token, &other_keys));
    }

    #[test]
    fn key_set_takes_any_answer(
        status in prop_oneof![4 => Just(200), 1 => any::<u16>()],
        content_type in prop_oneof![4 => Just(Some("application/jwk-set+json".to_owned())), 1 => prop::option::of(any::<String>())],
        body in prop_oneof![key_set().prop_map(|set| set.to_text()), json_text(), any::<String>()],
    ) {
        match JwkSet::from_response(&response(status, content_type, body.into())) {
            Ok(set) => {
                let _ = set.candidates(&token_of(&Json::empty()));
            }
            Err(error) => prop_assert_eq!(error.code(), "invalid_metadata"),
        }
    }

    #[test]
    fn nothing_of_a_key_but_its_public_numbers(
        set in key_set(), name in prop::sample::select(&ALGORITHMS[..]), key_id in prop::option::of("[kl]"),
    ) {
        let mut header = Json::empty();
        header.set_text("alg", Some(name));
        header.set_text("kid", key_id.as_deref());
        let token = Jws::parse(&format!("{}.e30.", encoded(header.to_text().as_bytes()))).unwrap();
        let algorithm = token.algorithm();
        let candidates = keys_of(&set.member("keys").unwrap().to_text()).candidates(&token);
        prop_assert!(candidates.len() <= 16);
        let mut rest = set.member("keys").unwrap().items().iter();
        for candidate in candidates {
            prop_assert!(!candidate.to_text().contains("SECRET"));
            let names: Vec<&str> = candidate.members().iter().map(|(name, _)| name.as_str()).collect();
            let expected: &[&str] = match algorithm.key_type() {
                "RSA" => &["kty", "n", "e"],
                "EC" => &["kty", "crv", "x", "y"],
                _ => &["kty", "crv", "x"],
            };
            prop_assert_eq!(&names, expected);
            prop_assert_eq!(candidate.text("kty"), Some(algorithm.key_type()));
            prop_assert_eq!(candidate.text("crv"), algorithm.curve());
            // It is one of the suitable keys of the set, and the keys keep their order.
            let is_it = |key: &Json| {
                names.iter().all(|name| key.member(name) == candidate.member(name))
                    && key_id.as_deref().is_none_or(|key_id| key.text("kid") == Some(key_id))
                    && key.member("use").is_none_or(|purpose| purpose.as_str() == Some("sig"))
                    && key.member("key_ops").is_none_or(|all| all.items().contains(&Json::String("verify".into())))
            };
            prop_assert!(rest.any(is_it));
        }
    }

    // ── the ID token ──

    #[test]
    fn no_other_issuer_audience_or_nonce(
        claims in object_of(vec![
            ("iss", mostly(ISSUER, &["https://as.example/", "https://evil.example", ""])),
            ("aud", prop_oneof![
                mostly("app", &["other", ""]),
                prop::collection::vec(mostly("app", &["other"]), 0..3).prop_map(Json::Array),
            ].boxed()),
            ("azp", mostly("app", &["other", ""])),
            ("nonce", mostly("n", &["N", ""])),
        ]),
        nonce in prop::option::of(prop::sample::select(&["n", "n", "n", "N", ""][..])),
    ) {
        let mut claims = claims;
        for (name, value) in [("exp", "1700000300"), ("iat", "1700000000")] {
            claims.set(name, Json::Number(value.into()));
        }
        claims.set_text("sub", Some("user-1"));
        let expected = Expected { nonce, ..expected() };
        // The same checks, with another reader and in other words.
        let read: serde_json::Value = serde_json::from_str(&claims.to_text()).unwrap();
        // `null` counts as absent.
        let member = |name: &str| read.get(name).filter(|value| !value.is_null());
        let audiences = match member("aud") {
            Some(serde_json::Value::Array(audiences)) => audiences.clone(),
            audience => audience.into_iter().cloned().collect(),
        };
        let is_right = member("iss") == Some(&ISSUER.into())
            && audiences.contains(&"app".into())
            && audiences.iter().all(serde_json::Value::is_string)
            && member("azp").map_or(audiences.iter().all(|audience| audience == "app"), |party| party == "app")
            && nonce.is_none_or(|nonce| member("nonce") == Some(&nonce.into()));
        let validated = validate(token_of(&claims).trusted_by_tls(), &expected);
        prop_assert_eq!(validated.is_ok(), is_right, "{}", read);
        prop_assert!(validated.is_err() || validated == Ok(claims));
    }

    #[test]
    fn times_are_counted_alike(
        offsets in prop::array::uniform4(prop::option::weighted(0.8, -200_000_i64..200_000)),
        tolerance in 0_u64..120_000, max_age in prop::option::of(0_u64..200_000),
    ) {
        let mut claims = Json::empty();
        for (name, text) in [("iss", ISSUER), ("aud", "app"), ("sub", "a")] {
            claims.set_text(name, Some(text));
        }
        for (name, offset) in ["exp", "iat", "nbf", "auth_time"].into_iter().zip(offsets) {
            let at = offset.map(|offset| NOW.saturating_add_signed(offset));
            claims.set_copy(name, at.map(|at| Json::Number(format!("{}.{:03}", at / 1000, at % 1000))).as_ref());
        }
        let [expires, issued, not_before, authenticated] = offsets;
        let tolerated = i64::try_from(tolerance).unwrap();
        let is_right = expires.is_some_and(|at| -at <= tolerated)
            && issued.is_some_and(|at| at <= tolerated)
            && not_before.is_none_or(|at| at <= tolerated)
            && authenticated.is_none_or(|at| at <= tolerated)
            && max_age.is_none_or(|max_age| authenticated.is_some_and(|at| -at <= tolerated + i64::try_from(max_age).unwrap()));
        let expected = Expected { max_age, tolerance, ..expected() };
        prop_assert_eq!(validate(token_of(&claims).trusted_by_tls(), &expected).is_ok(), is_right);
    }

    #[test]
    fn hash_is_of_this_access_token(
        access_token in "[ -~]{1,40}", other in "[ -~]{1,40}",
        name in prop::sample::select(&ALGORITHMS[..]), bits in prop::sample::select(&[256_u16, 384, 512][..]),
    ) {
        let algorithm = Algorithm::from_name(name).unwrap();
        let hash = signatures::hash(bits, access_token.as_bytes());
        let mut claims = Json::empty();
        prop_assert_eq!(at_hash_bits(&claims, algorithm), None);
        claims.set_text("at_hash", Some(&encoded(hash.get(..hash.len() / 2).unwrap())));
        let wanted = at_hash_bits(&claims, algorithm).unwrap();
        let is_of = |bits: u16, token: &str| check_at_hash(&claims, &signatures::hash(bits, token.as_bytes())).is_ok();
        prop_assert_eq!(is_of(wanted, &access_token), bits == wanted);
        prop_assert_eq!(is_of(bits, &other), access_token == other);
    }

    /// Neither in the error nor in a log.
    #[test]
    fn errors_show_no_claim(claims in claims_that_must_not_show()) {
        let acr = Json::parse(br#"{"essential":true,"value":"CLAIM"}"#).unwrap();
        let expected = Expected { nonce: Some("NONCE"), max_age: Some(0), acr: Some(&acr), ..expected() };
        let token = token_of(&claims);
        let mut shown = format!("{token:?}");
        let believed = token.trusted_by_tls();
        shown += &format!("{believed:?}");
        let mut flaws = vec![check_at_hash(&claims, &[0; 32]).err(), validate(believed, &expected).err()];
        for before in [Json::empty(), claims.clone()] {
            flaws.push(match refreshed_claims(token_of(&claims).trusted_by_tls(), &before, &expected) {
                Refreshed::Claims(_) => None,
                Refreshed::Unchanged(flaw) | Refreshed::Ended(flaw) => Some(flaw),
            });
        }
        for flaw in flaws.into_iter().flatten() {
            prop_assert!(CLAIMS.contains(&flaw.claim));
            let error = Error::from(ErrorKind::IdTokenInvalid(flaw));
            prop_assert_eq!(error.code(), "id_token_invalid");
            shown += &format!("{error:?}{error}{}{}", error.hint(), error.to_json().to_text());
            check_error(&error)?;
        }
        for error in [
            userinfo::signed_claims(token_of(&claims).trusted_by_tls(), ISSUER, "app").err(),
            userinfo::claims(claims.clone(), Some("user-1")).err(),
        ].into_iter().flatten() {
            shown += &format!("{error:?}{error}{}{}", error.hint(), error.to_json().to_text());
        }
        prop_assert!(!shown.contains("CLAIM") && !shown.contains("NONCE"), "{}", shown);
    }

    // ── UserInfo, refresh, logout ──

    #[test]
    fn userinfo_takes_any_answer(
        status in prop_oneof![4 => Just(200), 1 => any::<u16>()],
        content_type in prop_oneof![
            4 => prop::sample::select(&["application/json", "application/jwt"][..]).prop_map(|name| Some(name.to_owned())),
            1 => prop::option::of(any::<String>()),
        ],
        body in prop_oneof![json_text(), token_text(), any::<String>()],
    ) {
        match userinfo::answer(&response(status, content_type, body.into())) {
            Ok(userinfo::Answer::Claims(claims)) => prop_assert!(claims.is_object()),
            Ok(userinfo::Answer::Signed(_)) => {}
            Err(error) => {
                prop_assert_eq!(error.code(), "userinfo_invalid");
                prop_assert_eq!(error.status(), Some(status));
            }
        }
    }

    #[test]
    fn only_invalid_grant_ends_a_session(
        status in prop_oneof![Just(400), Just(200), any::<u16>()],
        error in one_of(&["invalid_grant", "invalid_grant", "invalid_client", "Invalid_grant"]),
        content_type in prop_oneof![8 => Just("application/json"), 1 => Just("text/html")],
    ) {
        let mut body = Json::empty();
        body.set("error", error.clone());
        let failure = refreshed(&response(status, Some(content_type.into()), body.to_text().into())).unwrap_err();
        // A server that fails has not decided about the token.
        let is_over = status < 500 && content_type == "application/json" && error.as_str() == Some("invalid_grant");
        prop_assert_eq!(failure.code() == "session_ended", is_over);
        check_error(&failure)?;
    }

    #[test]
    fn logout_request_round_trip(
        hint in prop::option::of(any::<String>()), client_id in any::<String>(), back in prop::option::of(any::<String>()),
        state in prop::option::of(any::<String>()), own in prop::option::of("(a=[a-z0-9]{0,4})?"),
        user in prop::option::of(any::<String>()), further in prop::option::of(any::<String>()),
    ) {
        let hint = hint.map(Secret::new);
        let mut extra = Json::empty();
        extra.set_text("logout_uri", further.as_deref());
        let request = LogoutRequest {
            id_token_hint: hint.as_ref().map(Secret::expose), client_id: &client_id, post_logout_redirect_uri: back.as_deref(), state: state.as_deref(),
            logout_hint: user.as_deref(), extra: &extra,
        };
        let endpoint = own.iter().fold(String::from("https://as.example/end"), |endpoint, own| format!("{endpoint}?{own}"));
        let url = request.url(&endpoint);
        prop_assert!(url.starts_with(&endpoint));
        // The server reads each value in its place, once, and nothing after it.
        let parsed = url::Url::parse(&url).unwrap();
        prop_assert_eq!(parsed.as_str(), &url);
        prop_assert_eq!(parsed.fragment(), None);
        let meant = [
            ("id_token_hint", hint.as_ref().map(Secret::expose)),
            ("client_id", Some(client_id.as_str())),
            ("post_logout_redirect_uri", back.as_deref()),
            ("state", state.as_deref()),
            ("logout_hint", user.as_deref()),
            ("logout_uri", further.as_deref()),
        ];
        let meant = meant.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        let read = pairs(parsed.query().unwrap()).into_iter().filter(|(name, _)| name != "a");
        prop_assert_eq!(read.collect::<Vec<_>>(), meant.collect::<Vec<_>>());
    }
}

/// Whether an object in `text`, a JSON text, has two members of one name: found by a reader that sees each member.
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
    let pairs: Vec<(String, Option<String>)> = parameters
        .unwrap_or_default()
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter_map(|(name, value)| Some((decode_component(name)?, decode_component(value))))
        .collect();
    let has = |name: &str| pairs.iter().any(|(other, _)| other == name);
    let is_ours = |state: &String| Base64UrlUnpadded::decode_vec(state).is_ok_and(|bytes| bytes.len() == 32);
    pairs.iter().any(|(name, state)| name == "state" && state.as_ref().is_some_and(is_ours)) && (has("code") || has("error"))
}

fn has_stray_error(parameters: Option<&str>) -> bool {
    let pairs = || parameters.unwrap_or_default().split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let has = |wanted: &str, is_empty: bool| {
        pairs().any(|(name, value)| decode_component(name).as_deref() == Some(wanted) && (is_empty || !value.is_empty()))
    };
    has("error", true) && !has("state", false)
}
