//! The cookie: its attributes, its pieces, and everything that is not one of ours.

use cookie::{Cookie, CookieJar, Key};
use serde_json::json;

use crate::setup::{ACCESS_TOKEN, Setup, hand_off, key_bytes};

const NAME: &str = "__Host-wicketgate";

/// `content` as this backend would seal it under `name`.
fn sealed(name: &'static str, content: &str) -> Vec<(String, String)> {
    let mut jar = CookieJar::new();
    jar.private_mut(&Key::derive_from(&key_bytes(1))).add(Cookie::new(name, content.to_owned()));
    vec![(NAME.to_owned(), format!("1.{}", jar.get(name).unwrap().value()))]
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let setup = Setup::start().await;
    let answer = setup.exchange(hand_off()).await;
    let fields = answer.all("set-cookie");
    assert_eq!(fields.len(), 1);
    let mut attributes: Vec<&str> = fields[0].split("; ").collect();
    assert!(attributes.remove(0).starts_with("__Host-wicketgate=1."));
    attributes.sort_unstable();
    // No Domain, which `__Host-` forbids; no Max-Age or Expires: it ends with the browser's session.
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
}

#[tokio::test]
async fn on_plain_http_loopback_the_cookie_is_the_development_one() {
    let page = "http://localhost:5173";
    let setup = Setup::with(|configuration| configuration.public_origin = page.into()).await;
    let call = crate::http::call(&setup.origin, "POST", "/auth/exchange").headers(&[
        ("origin", page),
        ("x-requested-with", "wicketgate"),
        ("content-type", "application/json"),
    ]);
    let answer = call.body(hand_off().to_string()).send().await;
    let mut attributes: Vec<&str> = answer.all("set-cookie")[0].split("; ").collect();
    assert!(attributes.remove(0).starts_with("wicketgate-dev=1."));
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Strict"]);
    assert_eq!(setup.session(&answer.cookies().0).await.status, 200);
}

#[tokio::test]
async fn the_same_session_is_sealed_differently_each_time() {
    let setup = Setup::start().await;
    let first = setup.log_in().await;
    let second = setup.exchange(crate::setup::hand_off_with("code", "another")).await.cookies().0;
    assert_ne!(first[0].1.get(2..20), second[0].1.get(2..20));
}

#[tokio::test]
async fn a_cookie_that_was_tampered_with_is_no_session() {
    let setup = Setup::start().await;
    let cookies = setup.log_in().await;
    let value = &cookies[0].1;
    let with = |value: String| vec![(NAME.to_owned(), value)];
    assert_eq!(setup.session(&with(value.clone())).await.status, 200);
    for index in (2..value.trim_end_matches('=').len() - 1).step_by(7) {
        let mut bytes = value.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let answer = setup.session(&with(String::from_utf8(bytes).unwrap())).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "no_session"), "at {index}");
    }
    for garbage in ["", ".", "1", "1.", "1.x", "0.x", "5.x", "-1.x", "1.AAAA", "99999999999999999999.x", "\u{e4}", "%00", "\"\""]
    {
        assert_eq!(setup.session(&with(garbage.into())).await.status, 401, "{garbage}");
    }
    for changed in [format!("2.{}", &value[2..]), format!("1.{}", &value[6..]), value[..value.len() - 8].to_owned()] {
        assert_eq!(setup.session(&with(changed)).await.status, 401);
    }
}

#[tokio::test]
async fn a_cookie_sealed_for_another_purpose_is_no_session() {
    let setup = Setup::start().await;
    let content = json!({ "version": 1, "access_token": ACCESS_TOKEN }).to_string();
    assert_eq!(setup.session(&sealed(NAME, &content)).await.status, 200);
    assert_eq!(setup.session(&sealed("another", &content)).await.status, 401);
    assert_eq!(setup.session(&sealed("wicketgate-dev", &content)).await.status, 401);
}

#[tokio::test]
async fn content_of_another_version_or_shape_is_no_session() {
    let setup = Setup::start().await;
    for content in [
        json!({ "version": 2, "access_token": ACCESS_TOKEN }),
        json!({ "version": 0, "access_token": ACCESS_TOKEN }),
        json!({ "access_token": ACCESS_TOKEN }),
        json!({ "version": 1 }),
        json!({ "version": 1, "access_token": 1 }),
        json!({ "version": 1, "access_token": ACCESS_TOKEN, "expires_at": -1 }),
        json!({ "version": 1, "access_token": ACCESS_TOKEN, "scope": 1, "claims": {} }),
        json!([]),
        json!("text"),
    ] {
        assert_eq!(setup.session(&sealed(NAME, &content.to_string())).await.status, 401, "{content}");
    }
    assert_eq!(setup.session(&sealed(NAME, "{")).await.status, 401);
}

#[tokio::test]
async fn a_session_from_before_there_were_claims_is_one_without() {
    let setup = Setup::start().await;
    let content = |claims: &str| format!(r#"{{"version":1,"access_token":"{ACCESS_TOKEN}"{claims}}}"#);
    for (claims, session) in [
        ("", json!({ "status": "signed-in" })),
        (r#","claims":{"sub":"ada"}"#, json!({ "status": "signed-in", "claims": { "sub": "ada" } })),
        // What a later version may add does not end the sessions of users who come back to this one.
        (r#","later":1"#, json!({ "status": "signed-in" })),
    ] {
        let answer = setup.session(&sealed(NAME, &content(claims))).await;
        assert_eq!(answer.json(), json!({ "session": session }), "{claims}");
    }
}

#[tokio::test]
async fn large_tokens_are_kept_in_pieces_that_browsers_take() {
    let setup = Setup::start().await;
    setup.server.answer.lock().unwrap()["access_token"] = json!("a".repeat(6000));
    setup.server.answer.lock().unwrap()["refresh_token"] = json!("r".repeat(5000));
    let mut cookies = setup.log_in().await;
    let names: Vec<&str> = cookies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [NAME, "__Host-wicketgate-2", "__Host-wicketgate-3", "__Host-wicketgate-4"]);
    for (name, value) in &cookies {
        assert!(name.len() + value.len() <= 4096, "{name}");
    }
    assert_eq!(setup.session(&cookies).await.status, 200);
    // A browser promises no order.
    cookies.reverse();
    assert_eq!(setup.session(&cookies).await.status, 200);
    for missing in 0..4 {
        let mut rest = cookies.clone();
        rest.remove(missing);
        assert_eq!(setup.session(&rest).await.status, 401);
    }
    let mut swapped = cookies.clone();
    let (first, second) = (swapped[0].1.clone(), swapped[1].1.clone());
    (swapped[0].1, swapped[1].1) = (second, first);
    assert_eq!(setup.session(&swapped).await.status, 401);
}

#[tokio::test]
async fn a_shorter_session_removes_the_pieces_of_the_longer_one_before_it() {
    let setup = Setup::start().await;
    setup.server.answer.lock().unwrap()["access_token"] = json!("a".repeat(6000));
    let long = setup.log_in().await;
    assert_eq!(long.len(), 3);
    setup.server.answer.lock().unwrap()["access_token"] = json!(ACCESS_TOKEN);
    let hand_off = crate::setup::hand_off_with("code", "another").to_string();
    let answer = setup.post_exchange().cookies(&long).body(hand_off).send().await;
    let (kept, removed) = answer.cookies();
    assert_eq!(kept.len(), 1);
    assert_eq!(removed, ["__Host-wicketgate-2", "__Host-wicketgate-3"]);
    // And where the removal was lost, they are not read.
    let mixed = [kept, long[1..].to_vec()].concat();
    assert_eq!(setup.session(&mixed).await.status, 200);
}

#[tokio::test]
async fn tokens_too_large_for_a_browser_are_refused_and_not_cut() {
    let log = crate::log::Log::capture();
    let setup = Setup::start().await;
    setup.server.answer.lock().unwrap()["access_token"] = json!("a".repeat(12_000));
    let answer = setup.exchange(hand_off()).await;
    assert_eq!((answer.status, answer.error().as_str()), (502, "server_error"));
    assert!(answer.all("set-cookie").is_empty());
    assert!(log.failures()[0].contains("smaller tokens"));
}

/// The request for the session with this `Cookie` field.
async fn status_with(setup: &Setup, field: &str) -> u16 {
    crate::http::call(&setup.origin, "GET", "/auth/session").header("cookie", field).send().await.status
}

#[tokio::test]
async fn what_neighbours_put_into_the_field_does_not_hide_the_session() {
    let setup = Setup::start().await;
    let ours = format!("{NAME}={}", setup.log_in().await[0].1);
    for field in [
        format!("name=Jos\u{e9}; {ours}"),
        format!("{ours}; name=Jos\u{e9}"),
        format!("\u{1f36a}; {ours}; ="),
        format!(";;{ours};"),
        format!("a=1;\t{ours} "),
        format!("{NAME}; {NAME}-2=; {ours}"),
    ] {
        assert_eq!(status_with(&setup, &field).await, 200, "{field}");
    }
}

#[tokio::test]
async fn a_name_that_only_resembles_ours_is_not_ours() {
    let setup = Setup::start().await;
    let value = setup.log_in().await[0].1.clone();
    for name in [
        "\u{2000}__Host-wicketgate",
        "\u{a0}__Host-wicketgate",
        "\u{85}__Host-wicketgate",
        "__Host-wicketgate\u{3000}",
        "__Host-wicketgate ",
        "__host-wicketgate",
        "__Host-wicketgate-1",
        "x__Host-wicketgate",
        "%5f_Host-wicketgate",
    ] {
        assert_eq!(status_with(&setup, &format!("{name}={value}")).await, 401, "{name:?}");
        // Nor does it stand in the way of ours.
        assert_eq!(status_with(&setup, &format!("{name}=1.x; {NAME}={value}")).await, 200, "{name:?}");
    }
}
