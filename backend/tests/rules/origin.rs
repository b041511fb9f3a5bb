//! Requests that another site's page may have caused.

use crate::exchange::assert_secured;
use crate::http::{Call, call};
use crate::setup::{PAGE, Setup, hand_off};

/// A field of the page's request, and the values of forged requests.
pub(crate) const FORGED: [&[(&str, &str)]; 15] = [
    &[("x-requested-with", "wicketgate")],
    &[("x-requested-with", "wicketgate"), ("origin", "null")],
    &[("x-requested-with", "wicketgate"), ("origin", "")],
    &[("x-requested-with", "wicketgate"), ("origin", "https://evil.example")],
    &[("x-requested-with", "wicketgate"), ("origin", "https://app.example.evil.example")],
    &[("x-requested-with", "wicketgate"), ("origin", "https://other.app.example")],
    &[("x-requested-with", "wicketgate"), ("origin", "https://app.example:8443")],
    &[("x-requested-with", "wicketgate"), ("origin", "http://app.example")],
    &[("x-requested-with", "wicketgate"), ("origin", "https://app.example/")],
    &[("x-requested-with", "wicketgate"), ("origin", PAGE), ("origin", "https://evil.example")],
    &[("x-requested-with", "wicketgate"), ("origin", PAGE), ("sec-fetch-site", "cross-site")],
    &[("x-requested-with", "wicketgate"), ("origin", PAGE), ("sec-fetch-site", "same-site")],
    &[("x-requested-with", "wicketgate"), ("origin", PAGE), ("sec-fetch-site", "none")],
    &[("origin", PAGE)],
    &[("origin", PAGE), ("x-requested-with", "XMLHttpRequest")],
];

async fn assert_refused(what: &str, call: Call) {
    let answer = call.send().await;
    assert_eq!((answer.status, answer.error().as_str()), (403, "invalid_request"), "{what}");
    assert!(answer.all("set-cookie").is_empty(), "{what}");
    assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control-")), "{what}");
    assert_secured(&answer);
}

#[tokio::test]
async fn an_exchange_without_the_page_s_origin_and_header_is_refused() {
    let setup = Setup::start().await;
    for headers in FORGED {
        let forged = call(&setup.origin, "POST", "/auth/exchange").header("content-type", "application/json");
        assert_refused(&format!("{headers:?}"), forged.headers(headers).body(hand_off().to_string())).await;
    }
    assert!(setup.server.requests().is_empty());
}

#[tokio::test]
async fn a_logout_without_the_page_s_origin_and_header_is_refused() {
    let setup = Setup::start().await;
    let cookies = setup.log_in().await;
    for headers in FORGED {
        let forged = call(&setup.origin, "POST", "/auth/logout").headers(headers).cookies(&cookies);
        assert_refused(&format!("{headers:?}"), forged).await;
    }
}

#[tokio::test]
async fn a_session_is_not_told_to_another_origin() {
    let setup = Setup::start().await;
    let cookies = setup.log_in().await;
    let ask = |headers: &[(&str, &str)]| call(&setup.origin, "GET", "/auth/session").headers(headers).cookies(&cookies);
    for headers in [
        [("origin", "https://evil.example")],
        [("origin", "null")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        assert_refused(&format!("{headers:?}"), ask(&headers)).await;
    }
    for headers in [[("origin", PAGE)], [("sec-fetch-site", "same-origin")], [("sec-fetch-site", "none")]] {
        assert_eq!(ask(&headers).send().await.status, 200, "{headers:?}");
    }
}

#[tokio::test]
async fn a_browser_without_sec_fetch_site_is_served() {
    let setup = Setup::start().await;
    let call = call(&setup.origin, "POST", "/auth/logout").headers(&[("origin", PAGE), ("x-requested-with", "wicketgate")]);
    assert_eq!(call.send().await.status, 204);
}

#[tokio::test]
async fn a_preflight_is_not_answered() {
    let setup = Setup::start().await;
    for path in ["/auth/exchange", "/auth/logout", "/api/v1/me"] {
        let preflight = call(&setup.origin, "OPTIONS", path).headers(&[
            ("origin", "https://evil.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "x-requested-with"),
        ]);
        let answer = preflight.send().await;
        assert!(matches!(answer.status, 403 | 405), "{path}");
        assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control-")), "{path}");
    }
}
