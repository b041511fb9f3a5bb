//! The cookie: its attributes, its pieces, and all values that this backend did not make.

use serde_json::json;

use crate::setup::{ACCESS_TOKEN, Setup, content, cookie_name, hand_off, now, sealed_by};

/// `content` as this backend would seal it for `purpose`.
fn sealed(purpose: &str, content: &str) -> Vec<(String, String)> {
    sealed_by(1, "", purpose, content)
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let setup = Setup::start().await;
    let answer = setup.exchange(hand_off()).await;
    let fields = answer.all("set-cookie");
    assert_eq!(fields.len(), 1);
    let mut attributes: Vec<&str> = fields[0].split("; ").collect();
    let name = attributes.remove(0);
    // No script, and no other host, can plant a cookie of this prefix.
    assert!(name.starts_with(&format!("{}=1.", cookie_name())) && name.starts_with("__Host-Http-"), "{name}");
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
    assert!(attributes.remove(0).starts_with("wicketgate-"));
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
    let with = |value: String| vec![(cookie_name(), value)];
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
    assert_eq!(setup.session(&sealed("session", &content(""))).await.status, 200);
    assert_eq!(setup.session(&sealed("another", &content(""))).await.status, 401);
    assert_eq!(setup.session(&sealed("used", &content(""))).await.status, 401);
}

#[tokio::test]
async fn content_of_another_version_or_shape_is_no_session() {
    let setup = Setup::start().await;
    let with = |name: &str, value: serde_json::Value| {
        let mut content: serde_json::Value = serde_json::from_str(&content("")).unwrap();
        content[name] = value;
        content
    };
    assert_eq!(setup.session(&sealed("session", &with("version", 2.into()).to_string())).await.status, 200);
    for content in [
        with("version", 3.into()),
        with("version", 1.into()),
        with("version", 0.into()),
        with("version", json!(null)),
        with("access_token", json!(null)),
        with("access_token", 1.into()),
        with("expires_at", (-1).into()),
        with("signed_in_at", json!(null)),
        with("scope", 1.into()),
        json!([]),
        json!("text"),
    ] {
        assert_eq!(setup.session(&sealed("session", &content.to_string())).await.status, 401, "{content}");
    }
    assert_eq!(setup.session(&sealed("session", "{")).await.status, 401);
}

#[tokio::test]
async fn a_session_without_claims_or_with_members_of_a_later_version_is_one() {
    let setup = Setup::start().await;
    for (claims, session) in [
        ("", json!({ "status": "signed-in" })),
        (r#","claims":{"sub":"ada"}"#, json!({ "status": "signed-in", "claims": { "sub": "ada" } })),
        // Members that a later version may add do not end the session of a user who comes back to this version.
        (r#","later":1"#, json!({ "status": "signed-in" })),
    ] {
        let answer = setup.session(&sealed("session", &content(claims))).await.json();
        let mut answer = answer["session"].clone();
        assert!(answer.as_object_mut().unwrap().remove("endsAt").unwrap().as_u64().unwrap() > now());
        assert_eq!(answer, session, "{claims}");
    }
}

#[tokio::test]
async fn large_tokens_are_kept_in_pieces_that_browsers_take() {
    let setup = Setup::start().await;
    setup.server.answer.lock().unwrap()["access_token"] = json!("a".repeat(6000));
    setup.server.answer.lock().unwrap()["refresh_token"] = json!("r".repeat(5000));
    let mut cookies = setup.log_in().await;
    let names: Vec<&str> = cookies.iter().map(|(name, _)| name.as_str()).collect();
    let name = cookie_name();
    assert_eq!(names, [name.clone(), format!("{name}-2"), format!("{name}-3"), format!("{name}-4")]);
    for (name, value) in &cookies {
        assert!(name.len() + value.len() <= 4096, "{name}");
    }
    assert_eq!(setup.session(&cookies).await.status, 200);
    // A browser may send the cookies in any order.
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
    assert_eq!(removed, ["2", "3"].map(|piece| format!("{}-{piece}", cookie_name())));
    // If the removal was lost, the remaining pieces are not read.
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
    let name = cookie_name();
    let ours = format!("{name}={}", setup.log_in().await[0].1);
    for field in [
        format!("name=Jos\u{e9}; {ours}"),
        format!("{ours}; name=Jos\u{e9}"),
        format!("\u{1f36a}; {ours}; ="),
        format!(";;{ours};"),
        format!("a=1;\t{ours} "),
        format!("{name}; {name}-2=; {ours}"),
    ] {
        assert_eq!(status_with(&setup, &field).await, 200, "{field}");
    }
}

#[tokio::test]
async fn a_name_that_only_resembles_ours_is_not_ours() {
    let setup = Setup::start().await;
    let value = setup.log_in().await[0].1.clone();
    let ours = cookie_name();
    for name in [
        format!("\u{2000}{ours}"),
        format!("\u{a0}{ours}"),
        format!("\u{85}{ours}"),
        format!("{ours}\u{3000}"),
        format!("{ours} "),
        ours.to_ascii_lowercase(),
        format!("{ours}-1"),
        format!("x{ours}"),
        format!("%5f{}", &ours[1..]),
        "__Host-Http-wicketgate".into(),
        // Scripts can set this one.
        ours.replace("-Http-", "-"),
    ] {
        assert_eq!(status_with(&setup, &format!("{name}={value}")).await, 401, "{name:?}");
        // Nor does that cookie disturb ours.
        assert_eq!(status_with(&setup, &format!("{name}=1.x; {ours}={value}")).await, 200, "{name:?}");
    }
}
