//! `POST /auth/logout`: the session ends here, its tokens end at the server, and the user leaves the server's session, too.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::read_answer;
use crate::provider::{METADATA, OpenId};
use crate::servers::{Fault, nobody};
use crate::setup::{ACCESS_TOKEN, Hands, REFRESH_TOKEN, Setup, from_page, until};

#[tokio::test]
async fn the_tokens_are_revoked_the_refresh_token_first() {
    let setup = Setup::start().await;
    let revoking = Setup {
        origin: crate::servers::serve({
            let mut configuration = crate::setup::configuration(&setup.server.token_endpoint());
            configuration.revocation_endpoint = Some(format!("{}/revoke", setup.server.origin));
            wicketgate_backend::router(configuration).unwrap()
        })
        .await,
        server: setup.server.clone(),
    };
    let cookies = revoking.log_in().await;
    let answer = revoking.log_out(&cookies).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let pair = |token: &str, hint: &str| (token.to_owned(), hint.to_owned());
    let both = [pair(REFRESH_TOKEN, "refresh_token"), pair(ACCESS_TOKEN, "access_token")];
    assert_eq!(revoking.server.revoked(), both);
    // The ended session is not accepted any more, even if somebody has kept its cookie.
    assert_eq!(revoking.session(&cookies).await.status, 401);
    assert_eq!(revoking.log_out(&cookies).await.status, 204);
    assert_eq!(revoking.server.revoked(), both, "and it is revoked once");
}

#[tokio::test]
async fn it_goes_on_at_the_server_with_the_id_token_as_a_hint() {
    let openid = OpenId::with(|configuration, _| {
        configuration.post_logout_redirect_uri = Some("https://app.example/bye".into());
    })
    .await;
    let end_session = format!("{}/logout?tenant=1", openid.provider.origin);
    openid.provider.publishes(METADATA, openid.provider.metadata_with("end_session_endpoint", end_session.clone()));
    let id_token = openid.key.signed(openid.claims());
    let cookies = openid.log_in(id_token.clone()).await.cookies().0;
    let answer = openid.setup.log_out(&cookies).await;
    assert_eq!(answer.status, 200);
    let answer_json = answer.json();
    let redirect = answer_json["redirect"].as_str().unwrap();
    assert_eq!(answer_json, json!({ "redirect": redirect }));
    assert_eq!(
        redirect,
        format!(
            "{end_session}&id_token_hint={id_token}&client_id=app+one.example&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye"
        )
    );
    // A user who was not signed in is not redirected.
    assert_eq!(openid.setup.log_out(&[]).await.status, 204);
}

#[tokio::test]
async fn a_server_that_is_down_or_slow_keeps_nobody_signed_in() {
    for slow in [false, true] {
        let openid = OpenId::with(|_, _| {}).await;
        let cookies = openid.log_in(openid.key.signed(openid.claims())).await.cookies().0;
        let endpoint = if slow { format!("{}/revoke", openid.setup.server.origin) } else { format!("{}/revoke", nobody().await) };
        openid.provider.publishes(METADATA, openid.provider.metadata_with("revocation_endpoint", endpoint));
        openid.setup.server.fails_with(Fault::Late(Duration::from_secs(3600)));
        let answer = openid.setup.log_out(&cookies).await;
        assert_eq!((answer.status, answer.cookies().1.len()), (204, 5), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_answer_that_is_still_on_its_way_does_not_bring_a_session_back() {
    // Also while the access token is still valid.
    for seconds in [4000, 3580] {
        came_back_after(seconds).await;
    }
}

async fn came_back_after(seconds: u64) {
    let hands = Hands::default();
    let setup = Setup::with(|configuration| configuration.clock = hands.clock()).await;
    let cookies = setup.log_in().await;
    hands.pass(seconds);
    setup.server.fails_with(Fault::Late(Duration::from_millis(300)));
    let refreshing = from_page(&setup.origin, "GET", "/auth/session").cookies(&cookies).open().await;
    until("the server is asked", async || !setup.server.refreshes().is_empty()).await;
    assert_eq!(setup.log_out(&cookies).await.status, 204);
    let answer = read_answer(refreshing).await;
    assert_eq!(answer.status, 401);
    assert!(answer.all("set-cookie").is_empty());
    assert_eq!(setup.session(&cookies).await.status, 401);
}

#[tokio::test]
async fn the_tokens_of_a_refresh_that_a_logout_overtook_are_revoked_too() {
    let hands = Hands::default();
    let openid = OpenId::with(|configuration, _| configuration.clock = hands.clock()).await;
    let setup = &openid.setup;
    let endpoint = format!("{}/revoke", setup.server.origin);
    openid.provider.publishes(METADATA, openid.provider.metadata_with("revocation_endpoint", endpoint));
    let cookies = openid.log_in(openid.key.signed(openid.claims())).await.cookies().0;
    setup.server.answer.lock().unwrap()["id_token"] = Value::Null;
    hands.pass(4000);
    setup.server.fails_with(Fault::Late(Duration::from_millis(300)));
    let refreshing = from_page(&setup.origin, "GET", "/auth/session").cookies(&cookies).open().await;
    until("the server is asked", async || !setup.server.refreshes().is_empty()).await;
    assert_eq!(setup.log_out(&cookies).await.status, 204);
    assert_eq!(read_answer(refreshing).await.status, 401);
    let newer = (format!("{REFRESH_TOKEN}#1"), "refresh_token".to_owned());
    until("the newer one is revoked", async || setup.server.revoked().contains(&newer)).await;
}
