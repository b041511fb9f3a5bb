//! `GET /auth/session`, `POST /auth/logout`, and the requests that they refuse.

use serde_json::json;

use crate::exchange::assert_secured;
use crate::http::call;
use crate::servers::{AuthorizationServer, serve};
use crate::setup::{PAGE, Setup, configuration, cookie_name, from_page, hand_off, key};

#[tokio::test]
async fn the_session_is_what_the_exchange_answered() {
    let setup = Setup::start().await;
    let exchanged = setup.exchange(hand_off()).await;
    let answer = setup.session(&exchanged.cookies().0).await;
    assert_eq!((answer.status, answer.json()), (200, exchanged.json()));
    assert!(answer.all("set-cookie").is_empty());
    assert_secured(&answer);
}

#[tokio::test]
async fn without_a_cookie_there_is_no_session() {
    let answer = Setup::start().await.session(&[]).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "no_session"));
    assert_secured(&answer);
}

#[tokio::test]
async fn with_an_expired_access_token_there_is_no_session() {
    let setup = Setup::start().await;
    setup.server.answer.lock().unwrap()["expires_in"] = json!(0);
    setup.server.answer.lock().unwrap()["refresh_token"] = json!(null);
    let cookies = setup.log_in().await;
    let answer = setup.session(&cookies).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "no_session"));
    // The page may ask while another tab logs in: the answer must not remove that login's cookie.
    assert!(answer.all("set-cookie").is_empty());
}

#[tokio::test]
async fn logout_removes_every_cookie_that_a_session_can_have_and_no_other() {
    let setup = Setup::start().await;
    let session = setup.log_in().await[0].1.clone();
    let name = cookie_name();
    let names = ["", "-2", "-3", "-4", "-used"].map(|piece| format!("{name}{piece}"));
    // A logout succeeds, whatever the request contains, and even if it cannot be read.
    for field in [
        format!("theirs=1; {name}={session}"),
        format!("name=Jos\u{e9}; {name}={session}"),
        format!("{name}=1.garbage"),
        "\u{e9}".into(),
        String::new(),
    ] {
        let answer = from_page(&setup.origin, "POST", "/auth/logout").header("cookie", &field).send().await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(answer.cookies(), (vec![], names.to_vec()), "{field}");
        // A browser ignores the removal of a `__Host-` cookie that differs in one of these attributes.
        for field in answer.all("set-cookie") {
            assert!(["Secure", "Path=/", "HttpOnly"].iter().all(|attribute| field.contains(attribute)), "{field}");
        }
        assert_secured(&answer);
    }
}

#[tokio::test]
async fn logout_without_a_session_succeeds() {
    let setup = Setup::start().await;
    let answer = from_page(&setup.origin, "POST", "/auth/logout").send().await;
    assert_eq!((answer.status, answer.cookies().1.len()), (204, 5));
}

#[tokio::test]
async fn another_method_is_refused_with_the_right_one() {
    let setup = Setup::start().await;
    for (method, path, allow) in
        [("GET", "/auth/exchange", "POST"), ("POST", "/auth/session", "GET,HEAD"), ("GET", "/auth/logout", "POST")]
    {
        let answer = from_page(&setup.origin, method, path).send().await;
        assert_eq!((answer.status, answer.error().as_str()), (405, "invalid_request"), "{path}");
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
    }
}

#[tokio::test]
async fn instances_with_the_same_key_share_every_session() {
    let server = AuthorizationServer::start().await;
    let instance = || async { serve(wicketgate_backend::router(configuration(&server.token_endpoint())).unwrap()).await };
    let (first, second) = (instance().await, instance().await);
    let cookies = Setup { origin: first, server: server.clone() }.log_in().await;
    let second = Setup { origin: second, server: server.clone() };
    assert_eq!(second.session(&cookies).await.status, 200);
    let answer = from_page(&second.origin, "POST", "/auth/logout").cookies(&cookies).send().await;
    assert!(answer.cookies().1.contains(&cookies[0].0));
}

#[tokio::test]
async fn a_session_survives_the_rotation_of_the_key_until_the_old_one_goes() {
    let before = Setup::start().await;
    let cookies = before.log_in().await;

    let during = Setup::with(|configuration| {
        configuration.cookie_key = key(2);
        configuration.cookie_keys_old = vec![key(9), key(1)];
    })
    .await;
    assert_eq!(during.session(&cookies).await.status, 200);
    let renewed = during.log_in().await;

    let after = Setup::with(|configuration| configuration.cookie_key = key(2)).await;
    assert_eq!(after.session(&cookies).await.status, 401);
    assert_eq!(after.session(&renewed).await.status, 200, "new sessions are sealed with the new key");
    assert_eq!(before.session(&renewed).await.status, 401);
}

#[tokio::test]
async fn it_can_be_mounted_in_another_app_under_a_path() {
    let server = AuthorizationServer::start().await;
    let router = wicketgate_backend::router(configuration(&server.token_endpoint())).unwrap();
    let app = axum::Router::new().nest("/app", router).fallback(|| async { "the app's own" });
    let origin = serve(app).await;
    let call = call(&origin, "POST", "/app/auth/exchange").headers(&[
        ("origin", PAGE),
        ("x-requested-with", "wicketgate"),
        ("content-type", "application/json"),
    ]);
    assert_eq!(call.body(hand_off().to_string()).send().await.status, 200);
    assert_eq!(crate::http::call(&origin, "GET", "/auth/session").send().await.body, "the app's own");
}

#[tokio::test]
async fn a_login_ends_the_session_before_it_in_the_same_browser() {
    let setup = Setup::start().await;
    let before = setup.log_in().await;
    let hand_off = crate::setup::hand_off_with("code", "another").to_string();
    let answer = setup.post_exchange().cookies(&before).body(hand_off).send().await;
    let now = crate::setup::after(&before, &answer);
    assert_eq!((setup.session(&before).await.status, setup.session(&now).await.status), (401, 200));
}
