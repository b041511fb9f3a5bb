//! Sessions that last: refreshed when needed, by one request, and ended only by the server's definite answer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::log::Log;
use crate::provider::OpenId;
use crate::servers::{Api, Fault, field, json_answer, nobody, serve};
use crate::setup::{
    ACCESS_TOKEN, CLIENT_SECRET, Hands, REFRESH_TOKEN, Setup, after, assert_no_secret, configuration, cookie_name, from_page,
    hand_off, until,
};

const JSON: &str = "application/json";

type Cookies = Vec<(String, String)>;

/// A backend whose clock a test moves, an API behind it, and a user with an access token of an hour.
struct Lasting {
    setup: Setup,
    api: Arc<Api>,
    hands: Hands,
    cookies: Cookies,
}

async fn start() -> Lasting {
    let (hands, api) = (Hands::default(), Api::start(|| json_answer(200, &json!({}))).await);
    let setup = Setup::with(|configuration| {
        configuration.clock = hands.clock();
        configuration.api_origin = Some(api.origin.clone());
        configuration.timeout = Duration::from_secs(2);
    })
    .await;
    let cookies = setup.log_in().await;
    Lasting { setup, api: Arc::new(api), hands, cookies }
}

impl Lasting {
    async fn session(&self, cookies: &Cookies) -> crate::http::Answer {
        self.setup.session(cookies).await
    }

    async fn forwarded(&self, cookies: &Cookies) -> crate::http::Answer {
        from_page(&self.setup.origin, "GET", "/api/v1/me").cookies(cookies).send().await
    }
}

#[tokio::test]
async fn a_session_is_refreshed_before_its_access_token_is_over_on_the_request_that_needs_it() {
    for path in ["/auth/session", "/api/v1/me"] {
        let lasting = start().await;
        let ask = |cookies: &Cookies| from_page(&lasting.setup.origin, "GET", path).cookies(cookies).send();
        lasting.hands.pass(3500);
        assert_eq!(ask(&lasting.cookies).await.status, 200);
        assert!(lasting.setup.server.refreshes().is_empty(), "it is still good for more than half a minute");
        lasting.hands.pass(75);
        let answer = ask(&lasting.cookies).await;
        assert_eq!((answer.status, lasting.setup.server.refreshes()), (200, vec![REFRESH_TOKEN.to_owned()]));
        let renewed = after(&lasting.cookies, &answer);
        assert_ne!(renewed[0].1, lasting.cookies[0].1);
        let session = lasting.session(&renewed).await;
        assert!(session.json()["session"]["expiresAt"].as_u64().unwrap() > lasting.hands.now() + 3500);
        assert!(session.all("set-cookie").is_empty());
        lasting.forwarded(&renewed).await;
        let last = lasting.api.requests().pop().unwrap();
        assert_eq!(last.headers["authorization"], format!("Bearer {ACCESS_TOKEN}#1"));
        // The next request sends the rotated token, long after the access token has expired.
        lasting.hands.pass(20_000);
        let answer = ask(&renewed).await;
        assert_eq!(answer.status, 200);
        assert_eq!(lasting.setup.server.refreshes(), [REFRESH_TOKEN.to_owned(), format!("{REFRESH_TOKEN}#1")]);
        let request = lasting.setup.server.requests().pop().unwrap();
        assert_eq!((request.target.as_str(), field(&request, "client_secret").as_deref()), ("/token", Some(CLIENT_SECRET)));
        assert_eq!(lasting.session(&after(&renewed, &answer)).await.status, 200);
    }
}

#[tokio::test]
async fn a_short_lived_token_is_refreshed_in_the_last_quarter_of_its_life() {
    let lasting = start().await;
    lasting.setup.server.answer.lock().unwrap()["expires_in"] = 60.into();
    let hand_off = crate::setup::hand_off_with("code", "another");
    let cookies = lasting.setup.exchange(hand_off).await.cookies().0;
    lasting.hands.pass(43);
    lasting.session(&cookies).await;
    assert!(lasting.setup.server.refreshes().is_empty());
    lasting.hands.pass(3);
    lasting.session(&cookies).await;
    assert_eq!(lasting.setup.server.refreshes().len(), 1);
}

#[tokio::test]
async fn many_requests_at_once_make_one_refresh() {
    let lasting = Arc::new(start().await);
    lasting.hands.pass(4000);
    lasting.setup.server.fails_with(Fault::Late(Duration::from_millis(200)));
    let requests = (0..40).map(|index| {
        let lasting = lasting.clone();
        tokio::spawn(async move {
            let answer =
                if index % 2 == 0 { lasting.session(&lasting.cookies).await } else { lasting.forwarded(&lasting.cookies).await };
            (answer.status, after(&lasting.cookies, &answer))
        })
    });
    let answers = futures_util::future::join_all(requests).await;
    for answer in answers {
        let (status, cookies) = answer.unwrap();
        assert_eq!((status, lasting.session(&cookies).await.status), (200, 200));
    }
    assert_eq!(lasting.setup.server.refreshes().len(), 1);
    for request in lasting.api.requests() {
        assert_eq!(request.headers["authorization"], format!("Bearer {ACCESS_TOKEN}#1"));
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_on_its_way_costs_nobody_the_session() {
    let lasting = start().await;
    lasting.hands.pass(4000);
    // The browser disconnects while the server is asked, so that nobody waits for the answer …
    lasting.setup.server.fails_with(Fault::Late(Duration::from_millis(300)));
    let left = from_page(&lasting.setup.origin, "GET", "/auth/session").cookies(&lasting.cookies).open().await;
    until("the server is asked", async || !lasting.setup.server.refreshes().is_empty()).await;
    drop(left);
    // … and comes back with its old cookie.
    for _ in 0..2 {
        let answer = lasting.session(&lasting.cookies).await;
        assert_eq!(answer.status, 200);
        assert_ne!(after(&lasting.cookies, &answer)[0].1, lasting.cookies[0].1, "it gets the newer one");
    }
    assert_eq!(lasting.setup.server.refreshes().len(), 1);
    // For a minute.
    let pass = async |seconds| {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
    };
    pass(55).await;
    assert_eq!(lasting.session(&lasting.cookies).await.status, 200);
    assert_eq!(lasting.setup.server.refreshes().len(), 1);
    // This also holds if the newer session was refreshed again.
    let newer = after(&lasting.cookies, &lasting.session(&lasting.cookies).await);
    lasting.hands.pass(4000);
    lasting.session(&newer).await;
    assert_eq!(lasting.session(&lasting.cookies).await.status, 200);
    assert_eq!(lasting.setup.server.refreshes().len(), 2);
    // After that time, this instance has forgotten the refresh, and the server decides.
    pass(61).await;
    assert_eq!(lasting.session(&lasting.cookies).await.status, 401);
    assert_eq!(lasting.setup.server.refreshes().len(), 3);
}

#[tokio::test]
async fn what_the_server_leaves_out_of_a_refresh_stays() {
    let lasting = start().await;
    lasting.hands.pass(4000);
    let refreshed = json!({ "access_token": "MARKED-newer", "token_type": "bearer", "expires_in": 3600, "refresh_token": null });
    lasting.setup.server.fails_with(Fault::Answers(200, JSON, refreshed.to_string()));
    let answer = lasting.session(&lasting.cookies).await;
    assert_eq!(answer.json()["session"]["scope"], "read write");
    let cookies = after(&lasting.cookies, &answer);
    lasting.hands.pass(4000);
    lasting.session(&cookies).await;
    assert_eq!(lasting.setup.server.refreshes(), [REFRESH_TOKEN, REFRESH_TOKEN]);
}

#[tokio::test]
async fn only_the_servers_definite_word_ends_a_session() {
    let oauth = |error: &str| json!({ "error": error, "error_description": "No." }).to_string();
    for (status, body) in [
        (400, oauth("invalid_grant")),
        (401, oauth("invalid_grant")),
        (403, oauth("access_denied")),
        (400, oauth("invalid_scope")),
        (400, String::new()),
        (403, "<h1>No</h1>".into()),
    ] {
        let log = Log::capture();
        let lasting = start().await;
        lasting.hands.pass(3580);
        lasting.setup.server.fails_with(Fault::Answers(status, JSON, body.clone()));
        // While the access token is valid, the user loses nothing.
        for _ in 0..2 {
            assert_eq!(lasting.session(&lasting.cookies).await.status, 200, "{status} {body}");
            assert_eq!(lasting.forwarded(&lasting.cookies).await.status, 200, "{status} {body}");
        }
        lasting.hands.pass(21);
        for _ in 0..2 {
            let answer = lasting.session(&lasting.cookies).await;
            assert_eq!((answer.status, answer.error().as_str()), (401, "no_session"), "{status} {body}");
            // The page may ask while another tab logs in: the answer must not remove that login's cookie.
            assert!(answer.all("set-cookie").is_empty());
        }
        // The server would accept the token now, but it is not asked: it has refused this token already.
        lasting.setup.server.fails_with(Fault::None);
        assert_eq!(lasting.forwarded(&lasting.cookies).await.status, 401, "{status} {body}");
        assert_eq!(lasting.setup.server.refreshes().len(), 1, "{status} {body}");
        assert!(log.text().contains("refresh "), "nothing that goes wrong is silent");
        assert_no_secret("the log", &log.text());
    }
}

#[tokio::test]
async fn an_oddity_ends_no_session() {
    let oauth = |error: &str| json!({ "error": error }).to_string();
    let faults = [
        Fault::Answers(503, "text/html", "later".into()),
        Fault::Answers(500, JSON, oauth("invalid_grant")),
        Fault::Answers(501, JSON, oauth("invalid_request")),
        Fault::Answers(429, JSON, String::new()),
        Fault::Answers(408, JSON, String::new()),
        Fault::Answers(404, "text/html", "not here".into()),
        Fault::Answers(400, JSON, oauth("temporarily_unavailable")),
        Fault::Answers(403, JSON, oauth("slow_down")),
        Fault::Answers(400, JSON, oauth("server_error")),
        // The operator can correct this; the user cannot.
        Fault::Answers(401, JSON, oauth("invalid_client")),
        Fault::Answers(200, JSON, "[]".into()),
        Fault::Answers(200, JSON, json!({ "token_type": "bearer" }).to_string()),
        Fault::Redirects,
        Fault::BreaksOff,
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let log = Log::capture();
        let lasting = start().await;
        lasting.setup.server.fails_with(fault);
        lasting.hands.pass(3580);
        assert_eq!(lasting.session(&lasting.cookies).await.status, 200, "{index}: the access token is still good");
        lasting.hands.pass(21);
        for _ in 0..8 {
            let answer = lasting.session(&lasting.cookies).await;
            assert!(answer.status >= 500, "{index}: {}", answer.body);
            assert!(answer.all("set-cookie").is_empty(), "{index}");
        }
        assert!(lasting.setup.server.refreshes().len() < 9, "{index}: it is not asked with each request");
        lasting.setup.server.fails_with(Fault::None);
        until("the session goes on", async || lasting.session(&lasting.cookies).await.status == 200).await;
        assert_no_secret("the log", &log.text());
    }
}

#[tokio::test]
async fn a_server_that_is_down_ends_no_session() {
    let hands = Hands::default();
    let setup = Setup::with(|configuration| configuration.clock = hands.clock()).await;
    let cookies = setup.log_in().await;
    let mut alone = configuration(&nobody().await);
    alone.clock = hands.clock();
    let alone = Setup { origin: serve(wicketgate_backend::router(alone).unwrap()).await, server: setup.server.clone() };
    hands.pass(3580);
    assert_eq!(alone.session(&cookies).await.status, 200);
    hands.pass(21);
    let answer = alone.session(&cookies).await;
    assert_eq!((answer.status, answer.error().as_str()), (502, "temporarily_unavailable"));
    assert_eq!(setup.session(&cookies).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_with_its_lifetime_however_much_it_is_used() {
    let hands = Hands::default();
    let setup = Setup::with(|configuration| {
        configuration.clock = hands.clock();
        configuration.session_lifetime = Duration::from_secs(10_000);
        configuration.session_idle = Duration::from_secs(100_000);
    })
    .await;
    let mut cookies = setup.log_in().await;
    for _ in 0..4 {
        hands.pass(2490);
        let answer = setup.session(&cookies).await;
        assert_eq!(answer.status, 200);
        cookies = after(&cookies, &answer);
    }
    hands.pass(100);
    let refreshes = setup.server.refreshes().len();
    assert_eq!(setup.session(&cookies).await.status, 401);
    assert_eq!(setup.server.refreshes().len(), refreshes, "nobody is asked any more");
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_and_each_use_puts_that_off() {
    let hands = Hands::default();
    let setup = Setup::with(|configuration| {
        configuration.clock = hands.clock();
        configuration.session_idle = Duration::from_secs(600);
    })
    .await;
    let first = setup.log_in().await;
    let mut cookies = first.clone();
    for _ in 0..5 {
        hands.pass(400);
        let answer = setup.session(&cookies).await;
        assert_eq!(answer.status, 200);
        // The answer does not write the tokens again: a late answer must not restore older ones.
        let names: Vec<String> = answer.cookies().0.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [format!("{}-used", cookie_name())]);
        cookies = after(&cookies, &answer);
        assert!(setup.session(&cookies).await.all("set-cookie").is_empty(), "not with each request");
    }
    // Without the note, or with another login's note, the session's age counts.
    assert_eq!(setup.session(&first).await.status, 401);
    let other = setup.exchange(crate::setup::hand_off_with("code", "another")).await.cookies().0;
    let mixed = vec![other[0].clone(), cookies.iter().find(|(name, _)| name.ends_with("-used")).unwrap().clone()];
    hands.pass(601);
    assert_eq!(setup.session(&mixed).await.status, 401);
    assert_eq!(setup.session(&cookies).await.status, 401);
}

#[tokio::test]
async fn a_refreshed_id_token_about_the_same_login_is_taken_over() {
    let hands = Hands::default();
    let openid = OpenId::with(|configuration, _| configuration.clock = hands.clock()).await;
    let setup = &openid.setup;
    let mut claims = openid.claims_with("email", "ada@old.example");
    claims["name"] = "Ada".into();
    let answer = openid.log_in(openid.key.signed(&claims)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut cookies = answer.cookies().0;
    // About another login at the same server, or not acceptable: the session continues with its claims.
    let newer = openid.claims_with("email", "ada@new.example");
    let with = |name: &str, value: Value| {
        let mut claims = newer.clone();
        claims[name] = value;
        Value::from(openid.key.signed(claims))
    };
    for (id_token, email) in [
        (Value::Null, "ada@old.example"),
        (with("aud", json!([crate::setup::CLIENT_ID, "another"])), "ada@old.example"),
        (with("at_hash", "AAAA".into()), "ada@old.example"),
        (with("exp", json!(1)), "ada@new.example"),
        (with("nonce", Value::Null), "ada@new.example"),
    ] {
        hands.pass(4000);
        setup.server.answer.lock().unwrap()["id_token"] = id_token;
        let answer = setup.session(&cookies).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let claims = &answer.json()["session"]["claims"];
        assert_eq!((&claims["email"], &claims["name"], &claims["sub"]), (&json!(email), &json!("Ada"), &json!("ada")));
        cookies = after(&cookies, &answer);
    }
}

#[tokio::test]
async fn a_refreshed_id_token_about_somebody_else_or_not_of_the_server_ends_the_session() {
    for case in 0..4 {
        let hands = Hands::default();
        let openid = OpenId::with(|configuration, _| configuration.clock = hands.clock()).await;
        let cookies = openid.log_in(openid.key.signed(openid.claims())).await.cookies().0;
        hands.pass(4000);
        let id_token = match case {
            0 => openid.key.signed(openid.claims_with("sub", "eve")),
            1 => openid.key.signed(openid.claims_with("iss", "https://other.example")),
            2 => crate::provider::SigningKey::es256(openid.key.name).signed(openid.claims()),
            _ => "MARKED".into(),
        };
        openid.setup.server.answer.lock().unwrap()["id_token"] = id_token.into();
        for _ in 0..2 {
            assert_eq!(openid.setup.session(&cookies).await.status, 401, "{case}");
        }
        assert_eq!(openid.setup.server.refreshes().len(), 1);
    }
}

#[tokio::test]
async fn a_login_in_the_place_of_another_is_a_new_session() {
    let lasting = start().await;
    lasting.setup.server.answer.lock().unwrap()["scope"] = "other".into();
    let hand_off = crate::setup::hand_off_with("code", "another").to_string();
    let answer = lasting.setup.post_exchange().cookies(&lasting.cookies).body(hand_off).send().await;
    assert_eq!(lasting.session(&after(&lasting.cookies, &answer)).await.json()["session"]["scope"], "other");
}

#[tokio::test]
async fn a_token_of_unknown_lifetime_is_assumed_to_be_good() {
    let hands = Hands::default();
    let setup = Setup::with(|configuration| configuration.clock = hands.clock()).await;
    setup.server.answer.lock().unwrap()["expires_in"] = Value::Null;
    let cookies = setup.exchange(hand_off()).await.cookies().0;
    hands.pass(80_000);
    assert_eq!(setup.session(&cookies).await.status, 200);
    assert!(setup.server.refreshes().is_empty());
}

#[tokio::test]
async fn a_token_that_an_api_does_not_take_is_refreshed_by_the_next_request_unless_it_is_new() {
    let (hands, api) = (Hands::default(), Api::start(|| json_answer(401, &json!({ "error": "invalid_token" }))).await);
    let setup = Setup::with(|configuration| {
        configuration.clock = hands.clock();
        configuration.api_origin = Some(api.origin.clone());
    })
    .await;
    let mut cookies = setup.log_in().await;
    let ask = async |cookies: &mut Cookies| {
        let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(cookies).send().await;
        assert_eq!(answer.status, 401);
        *cookies = after(cookies, &answer);
    };
    for _ in 0..3 {
        ask(&mut cookies).await;
    }
    assert!(setup.server.refreshes().is_empty());
    hands.pass(60);
    ask(&mut cookies).await;
    assert!(setup.server.refreshes().is_empty());
    for _ in 0..3 {
        ask(&mut cookies).await;
    }
    assert_eq!(setup.server.refreshes(), [REFRESH_TOKEN]);
    assert_eq!(api.requests().last().unwrap().headers["authorization"], format!("Bearer {ACCESS_TOKEN}#1"));
}
