//! Sessions in a store that all instances share.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wicketgate::protocol::secret::Secret;
use wicketgate_backend::{Configuration, router};

use crate::exchange::assert_secured;
use crate::http::Answer;
use crate::origin::FORGED;
use crate::provider::OpenId;
use crate::redis_server::RedisServer;
use crate::servers::{Fault, serve};
use crate::setup::{Hands, REFRESH_TOKEN, Setup, after, configuration, cookie_name, from_page, hand_off_with, until};

type Cookies = Vec<(String, String)>;

/// Two instances, their shared store, and a clock that a test moves.
pub(crate) struct Shared {
    pub(crate) redis: RedisServer,
    pub(crate) first: Setup,
    pub(crate) second: Setup,
    pub(crate) hands: Hands,
}

impl Shared {
    pub(crate) async fn start() -> Self {
        let redis = RedisServer::start().await;
        let url = redis.url();
        Self::at(redis, &url).await
    }

    pub(crate) async fn at(redis: RedisServer, url: &str) -> Self {
        let hands = Hands::default();
        let change = |configuration: &mut Configuration| {
            configuration.session_store = Some(Secret::new(url.to_owned()));
            configuration.clock = hands.clock();
            configuration.timeout = Duration::from_secs(3);
        };
        let first = Setup::with(change).await;
        let mut other = configuration(&first.server.token_endpoint());
        change(&mut other);
        let second = Setup { origin: serve(router(other).unwrap()).await, server: first.server.clone() };
        Self { redis, first, second, hands }
    }
}

/// The same with an OpenID provider for one instance.
async fn openid(redis: &RedisServer, change: impl FnOnce(&mut Configuration)) -> OpenId {
    OpenId::with(|configuration, _| {
        configuration.session_store = Some(Secret::new(redis.url()));
        change(configuration);
    })
    .await
}

async fn log_in_as(openid: &OpenId, sub: &str, sid: &str) -> Cookies {
    let mut claims = openid.claims_with("sub", sub);
    claims["sid"] = sid.into();
    let answer = openid.log_in(openid.key.signed(claims)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.cookies().0
}

#[tokio::test]
async fn the_cookie_has_an_identifier_alone_and_every_instance_knows_the_session() {
    let shared = Shared::start().await;
    shared.first.server.answer.lock().unwrap()["access_token"] = json!("a".repeat(20_000));
    let cookies = shared.first.log_in().await;
    assert_eq!((cookies.len(), cookies[0].0.clone()), (1, cookie_name()));
    assert_eq!(cookies[0].1.len(), "1.".len() + 43, "256 random bits");
    let other = shared.first.exchange(hand_off_with("code", "another")).await.cookies().0;
    assert_ne!(cookies[0].1, other[0].1);
    assert_eq!(shared.second.session(&cookies).await.json(), shared.first.session(&cookies).await.json());
    // A cookie that no backend has issued is not a session.
    for value in ["1.", "1.x", &format!("1.{}", "A".repeat(43))] {
        assert_eq!(shared.first.session(&[(cookie_name(), value.to_owned())]).await.status, 401, "{value}");
    }
}

#[tokio::test]
async fn a_dump_of_the_store_is_worthless() {
    let redis = RedisServer::start().await;
    let openid = openid(&redis, |_| {}).await;
    let cookies = log_in_as(&openid, "ada-lovelace", "sid-of-ada").await;
    let identifier = cookies[0].1.trim_start_matches("1.");
    let mut dump = String::new();
    for key in redis.ask::<Vec<String>>(&["KEYS", "*"]) {
        let kind: String = redis.ask(&["TYPE", &key]);
        let values: Vec<String> =
            if kind == "hash" { redis.ask(&["HGETALL", &key]) } else { redis.ask(&["ZRANGE", &key, "0", "-1"]) };
        dump.push_str(&format!("{key} {values:?}\n"));
        let ends_in: i64 = redis.ask(&["TTL", &key]);
        assert!(ends_in > 0, "{key} would stay for ever");
    }
    assert_eq!(dump.lines().count(), 3, "a session, and where those of the user and of the server's session are: {dump}");
    for secret in ["MARKED", "ada-lovelace", "sid-of-ada", identifier] {
        assert!(!dump.contains(secret), "{secret}: {dump}");
    }
    // A writer to the store cannot turn one user's session into another's.
    let other = log_in_as(&openid, "eve", "other").await;
    let sessions = redis.keys("session");
    for field in ["value", "version"] {
        let (one, two): (String, String) = (redis.ask(&["HGET", &sessions[0], field]), redis.ask(&["HGET", &sessions[1], field]));
        redis.ask::<i64>(&["HSET", &sessions[0], field, &two]);
        redis.ask::<i64>(&["HSET", &sessions[1], field, &one]);
    }
    assert_eq!((openid.setup.session(&cookies).await.status, openid.setup.session(&other).await.status), (401, 401));
}

#[tokio::test]
async fn however_many_requests_come_at_once_at_however_many_instances_there_is_one_refresh() {
    let shared = Arc::new(Shared::start().await);
    let cookies = shared.first.log_in().await;
    shared.hands.pass(4000);
    shared.first.server.fails_with(Fault::Late(Duration::from_millis(200)));
    let requests = (0..40).map(|index| {
        let (shared, cookies) = (shared.clone(), cookies.clone());
        tokio::spawn(async move {
            if index % 2 == 0 { shared.first.session(&cookies).await } else { shared.second.session(&cookies).await }
        })
    });
    for answer in futures_util::future::join_all(requests).await {
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.all("set-cookie").is_empty(), "the browser's identifier stays");
        assert!(answer.json()["session"]["expiresAt"].as_u64().unwrap() > shared.hands.now());
    }
    assert_eq!(shared.first.server.refreshes(), [REFRESH_TOKEN]);
    // The next refresh sends the rotated token, whichever instance sends it.
    shared.hands.pass(4000);
    assert_eq!(shared.second.session(&cookies).await.status, 200);
    shared.hands.pass(4000);
    assert_eq!(shared.first.session(&cookies).await.status, 200);
    let sent = [REFRESH_TOKEN.to_owned(), format!("{REFRESH_TOKEN}#1"), format!("{REFRESH_TOKEN}#2")];
    assert_eq!(shared.first.server.refreshes(), sent);
}

#[tokio::test]
async fn the_servers_definite_word_ends_a_session_at_every_instance_and_an_oddity_at_none() {
    let shared = Shared::start().await;
    let cookies = shared.first.log_in().await;
    shared.hands.pass(3580);
    shared.first.server.fails_with(Fault::Answers(503, "text/html", String::new()));
    assert_eq!((shared.first.session(&cookies).await.status, shared.second.session(&cookies).await.status), (200, 200));
    shared.hands.pass(21);
    assert_eq!((shared.first.session(&cookies).await.status, shared.second.session(&cookies).await.status), (502, 502));
    shared.first.server.fails_with(Fault::Answers(400, "application/json", r#"{"error":"invalid_grant"}"#.into()));
    until("it has ended", async || shared.first.session(&cookies).await.status == 401).await;
    let refreshes = shared.first.server.refreshes().len();
    assert_eq!(shared.second.session(&cookies).await.status, 401);
    assert_eq!(shared.first.server.refreshes().len(), refreshes, "no other instance asks again");
    assert!(shared.redis.keys("session").is_empty());
}

#[tokio::test]
async fn while_the_access_token_is_good_a_refused_refresh_token_is_not_sent_again() {
    let shared = Shared::start().await;
    let cookies = shared.first.log_in().await;
    shared.hands.pass(3580);
    shared.first.server.fails_with(Fault::Answers(400, "application/json", r#"{"error":"invalid_grant"}"#.into()));
    for _ in 0..2 {
        assert_eq!((shared.first.session(&cookies).await.status, shared.second.session(&cookies).await.status), (200, 200));
    }
    assert_eq!(shared.first.server.refreshes().len(), 1);
    shared.hands.pass(21);
    assert_eq!((shared.first.session(&cookies).await.status, shared.second.session(&cookies).await.status), (401, 401));
    assert_eq!(shared.first.server.refreshes().len(), 1);
}

#[tokio::test]
async fn a_logout_ends_a_session_at_every_instance() {
    let shared = Shared::start().await;
    let cookies = shared.first.log_in().await;
    assert_eq!(shared.second.session(&cookies).await.status, 200);
    let answer = shared.first.log_out(&cookies).await;
    assert_eq!((answer.status, answer.cookies().1.len()), (204, 5));
    assert_eq!((shared.first.session(&cookies).await.status, shared.second.session(&cookies).await.status), (401, 401));
    assert!(shared.redis.keys("session").is_empty());
}

#[tokio::test]
async fn a_refresh_does_not_bring_back_what_another_instance_has_ended() {
    let shared = Shared::start().await;
    let cookies = shared.first.log_in().await;
    shared.hands.pass(4000);
    shared.first.server.fails_with(Fault::Late(Duration::from_millis(300)));
    let refreshing = from_page(&shared.first.origin, "GET", "/auth/session").cookies(&cookies).open().await;
    until("the server is asked", async || !shared.first.server.refreshes().is_empty()).await;
    assert_eq!(shared.second.log_out(&cookies).await.status, 204);
    assert_eq!(crate::http::read_answer(refreshing).await.status, 401);
    assert!(shared.redis.keys("session").is_empty());
}

#[tokio::test]
async fn a_login_in_the_place_of_another_has_another_identifier_and_the_older_one_is_gone() {
    let shared = Shared::start().await;
    let before = shared.first.log_in().await;
    let hand_off = hand_off_with("code", "another").to_string();
    let answer = shared.first.post_exchange().cookies(&before).body(hand_off).send().await;
    let now = after(&before, &answer);
    assert_ne!(before[0].1, now[0].1);
    assert_eq!((shared.second.session(&before).await.status, shared.second.session(&now).await.status), (401, 200));
}

#[tokio::test]
async fn each_use_is_noted_so_that_an_idle_session_ends_and_a_used_one_does_not() {
    let redis = RedisServer::start().await;
    let hands = Hands::default();
    let setup = Setup::with(|configuration| {
        configuration.session_store = Some(Secret::new(redis.url()));
        configuration.session_idle = Duration::from_secs(600);
        configuration.clock = hands.clock();
    })
    .await;
    let cookies = setup.log_in().await;
    let session = redis.keys("session").remove(0);
    for _ in 0..4 {
        hands.pass(400);
        let answer = setup.session(&cookies).await;
        assert_eq!(answer.status, 200);
        assert!(answer.all("set-cookie").is_empty());
        let noted = || redis.ask::<u64>(&["HGET", &session, "used"]);
        until("it is noted", async || noted() + 60 >= hands.now()).await;
    }
    let ends_in: u64 = redis.ask(&["TTL", &session]);
    assert!((500..=600).contains(&ends_in), "{ends_in}");
    hands.pass(601);
    assert_eq!(setup.session(&cookies).await.status, 401);
}

fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn users_see_their_own_sessions_and_end_them() {
    let redis = RedisServer::start().await;
    let openid = openid(&redis, |_| {}).await;
    let setup = &openid.setup;
    let (first, second, eve) =
        (log_in_as(&openid, "ada", "1").await, log_in_as(&openid, "ada", "2").await, log_in_as(&openid, "eve", "3").await);
    let list = |cookies: &Cookies| from_page(&setup.origin, "GET", "/auth/sessions").cookies(cookies).send();
    let end =
        |cookies: &Cookies, id: &str| from_page(&setup.origin, "DELETE", &format!("/auth/sessions/{id}")).cookies(cookies).send();
    let answer = list(&first).await;
    assert_secured(&answer);
    let own = rows(&answer);
    assert_eq!(own.len(), 2, "{own:?}");
    let (current, other): (Vec<_>, Vec<_>) = own.into_iter().partition(|row| row["current"] == true);
    for row in current.iter().chain(&other) {
        assert!(row["createdAt"].as_u64().unwrap() <= row["lastUsedAt"].as_u64().unwrap());
        assert!(!first[0].1.contains(row["id"].as_str().unwrap()), "the name is not what signs in");
    }
    let id = |rows: &[Value]| rows[0]["id"].as_str().unwrap().to_owned();
    let of_eve = rows(&list(&eve).await);
    assert_eq!(of_eve.len(), 1);

    // A user cannot end another user's session.
    for id in [id(&of_eve), "x".into(), "%2e%2e".into()] {
        let answer = end(&first, &id).await;
        assert_eq!((answer.status, answer.error().as_str()), (404, "not_found"), "{id}");
    }
    assert_eq!(setup.session(&eve).await.status, 200);
    assert_eq!(end(&first, &id(&other)).await.status, 204);
    assert_eq!((setup.session(&first).await.status, setup.session(&second).await.status), (200, 401));
    let answer = end(&first, &id(&current)).await;
    assert_eq!((answer.status, answer.cookies().1.len()), (204, 5));
    assert_eq!(setup.session(&first).await.status, 401);
    assert_eq!(list(&first).await.status, 401);
    for headers in FORGED {
        let forged = crate::http::call(&setup.origin, "DELETE", &format!("/auth/sessions/{}", id(&of_eve)));
        assert_eq!(forged.headers(headers).cookies(&eve).send().await.status, 403, "{headers:?}");
    }
    assert_eq!(setup.session(&eve).await.status, 200);
}

#[tokio::test]
async fn a_user_without_a_name_has_the_one_session() {
    let shared = Shared::start().await;
    let cookies = shared.first.log_in().await;
    shared.first.exchange(hand_off_with("code", "another")).await;
    let list = from_page(&shared.first.origin, "GET", "/auth/sessions").cookies(&cookies).send().await;
    let own = rows(&list);
    assert_eq!((own.len(), &own[0]["current"]), (1, &json!(true)));
}

#[tokio::test]
async fn without_the_store_there_is_no_list_and_no_back_channel_logout() {
    let openid = OpenId::start().await;
    let cookies = openid.log_in(openid.key.signed(openid.claims())).await.cookies().0;
    let list = from_page(&openid.setup.origin, "GET", "/auth/sessions").cookies(&cookies).send().await;
    assert_eq!((list.status, list.error().as_str()), (501, "not_found"));
    let answer = back_channel(&openid.setup, &openid.key.signed(logout_token(&openid, "sub", "ada"))).await;
    assert_eq!((answer.status, answer.error().as_str()), (501, "not_found"));
}

/// The claims of a logout token for a session or a user.
fn logout_token(openid: &OpenId, name: &str, value: &str) -> Value {
    let now = crate::setup::now();
    let mut claims = json!({
        "iss": openid.provider.origin, "aud": crate::setup::CLIENT_ID, "iat": now, "exp": now + 120, "jti": format!("{name} {value}"),
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    claims[name] = value.into();
    claims
}

/// A server's request: no browser, no origin.
async fn back_channel(setup: &Setup, token: &str) -> Answer {
    let call = crate::http::call(&setup.origin, "POST", "/auth/backchannel-logout");
    let call = call.header("content-type", "application/x-www-form-urlencoded");
    call.body(format!("logout_token={token}&more=1")).send().await
}

#[tokio::test]
async fn the_server_ends_one_session_or_all_of_a_user() {
    let redis = RedisServer::start().await;
    let openid = openid(&redis, |_| {}).await;
    let setup = &openid.setup;
    let mut sessions = Vec::new();
    for (sub, sid) in [("ada", "1"), ("ada", "2"), ("ada", "3"), ("eve", "4")] {
        sessions.push(log_in_as(&openid, sub, sid).await);
    }
    let status = async || {
        let mut status = Vec::new();
        for cookies in &sessions {
            status.push(setup.session(cookies).await.status);
        }
        status
    };
    let answer = back_channel(setup, &openid.key.signed(logout_token(&openid, "sid", "2"))).await;
    assert_eq!((answer.status, answer.body.as_str(), answer.header("cache-control")), (200, "", Some("no-store")));
    assert_eq!(status().await, [200, 401, 200, 200]);
    // With both claims: the session, if it belongs to that user.
    let mut both = logout_token(&openid, "sid", "4");
    both["sub"] = "ada".into();
    assert_eq!(back_channel(setup, &openid.key.signed(both)).await.status, 200);
    assert_eq!(status().await, [200, 401, 200, 200]);
    assert_eq!(back_channel(setup, &openid.key.signed(logout_token(&openid, "sub", "ada"))).await.status, 200);
    assert_eq!(status().await, [401, 401, 401, 200]);
    // There is no user of that name: nothing remains to be done.
    assert_eq!(back_channel(setup, &openid.key.signed(logout_token(&openid, "sub", "nobody"))).await.status, 200);
}

#[tokio::test]
async fn a_logout_token_that_is_sent_again_does_not_end_the_next_login() {
    let redis = RedisServer::start().await;
    let openid = openid(&redis, |_| {}).await;
    let token = openid.key.signed(logout_token(&openid, "sub", "ada"));
    let cookies = log_in_as(&openid, "ada", "1").await;
    assert_eq!(back_channel(&openid.setup, &token).await.status, 200);
    assert_eq!(openid.setup.session(&cookies).await.status, 401);
    let cookies = log_in_as(&openid, "ada", "2").await;
    assert_eq!(back_channel(&openid.setup, &token).await.status, 200);
    assert_eq!(openid.setup.session(&cookies).await.status, 200);
}

#[tokio::test]
async fn what_is_not_a_logout_token_ends_nothing() {
    let redis = RedisServer::start().await;
    let openid = openid(&redis, |_| {}).await;
    let cookies = log_in_as(&openid, "ada", "1").await;
    let now = crate::setup::now();
    let with = |name: &str, value: Value| {
        let mut claims = logout_token(&openid, "sub", "ada");
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        openid.key.signed(claims)
    };
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for (reason, token) in [
        ("iss ", with("iss", "https://other.example".into())),
        ("aud ", with("aud", "another".into())),
        ("iat ", with("iat", Value::Null)),
        ("iat ", with("iat", (now + 120).into())),
        ("exp ", with("exp", (now - 120).into())),
        ("jti ", with("jti", Value::Null)),
        ("sub ", with("sub", Value::Null)),
        ("nonce ", with("nonce", "x".into())),
        ("events ", with("events", Value::Null)),
        ("events ", with("events", json!({}))),
        ("events ", with("events", json!([event]))),
        ("events ", with("events", json!({ event: true }))),
        // An ID token of the same user.
        ("nonce ", openid.key.signed(openid.claims())),
        ("its signature", crate::provider::SigningKey::es256(openid.key.name).signed(logout_token(&openid, "sub", "ada"))),
        ("three parts", "x".into()),
        ("logout_token", format!("{}&logout_token=x", with("x", 1.into()))),
    ] {
        let answer = back_channel(&openid.setup, &token).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{reason}");
        assert!(answer.body.contains(reason), "{reason}: {}", answer.body);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let json =
        crate::http::call(&openid.setup.origin, "POST", "/auth/backchannel-logout").header("content-type", "application/json");
    assert_eq!(json.body("{}").send().await.status, 415);
    assert_eq!(openid.setup.session(&cookies).await.status, 200);
    assert_eq!(back_channel(&openid.setup, &with("x", 1.into())).await.status, 200);
    assert_eq!(openid.setup.session(&cookies).await.status, 401);
}

#[tokio::test]
async fn instances_whose_clocks_are_five_minutes_apart_sign_nobody_out() {
    let redis = RedisServer::start().await;
    let at = |seconds: u64| {
        let url = Secret::new(redis.url());
        move |configuration: &mut Configuration| {
            configuration.session_store = Some(url);
            configuration.clock =
                wicketgate_backend::Clock::new(move || Duration::from_secs(crate::setup::now() - 300 + seconds));
        }
    };
    let behind = Setup::with(at(0)).await;
    let mut ahead = configuration(&behind.server.token_endpoint());
    at(600)(&mut ahead);
    let ahead = Setup { origin: serve(router(ahead).unwrap()).await, server: behind.server.clone() };
    behind.server.answer.lock().unwrap()["expires_in"] = 60.into();
    for (first, second) in [(&behind, &ahead), (&ahead, &behind)] {
        let code = format!("code of {}", first.origin);
        let cookies = first.exchange(hand_off_with("code", code)).await.cookies().0;
        for instance in [second, first, second, first] {
            assert_eq!(instance.session(&cookies).await.status, 200);
        }
        *behind.server.refresh_token.lock().unwrap() = REFRESH_TOKEN.into();
    }
}

#[tokio::test]
async fn a_cluster_serves_as_well() {
    let redis = RedisServer::with(&["--cluster-enabled", "yes"]).await;
    redis.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    until("the cluster is up", async || redis.ask::<String>(&["CLUSTER", "INFO"]).contains("cluster_state:ok")).await;
    let node = format!("redis://127.0.0.1:{}", redis.port);
    let openid =
        OpenId::with(|configuration, _| configuration.session_store = Some(Secret::new(format!("{node}, {node}")))).await;
    let cookies = log_in_as(&openid, "ada", "1").await;
    log_in_as(&openid, "ada", "2").await;
    assert_eq!(openid.setup.session(&cookies).await.status, 200);
    let list = from_page(&openid.setup.origin, "GET", "/auth/sessions").cookies(&cookies).send().await;
    assert_eq!(rows(&list).len(), 2);
    assert_eq!(back_channel(&openid.setup, &openid.key.signed(logout_token(&openid, "sub", "ada"))).await.status, 200);
    assert_eq!(openid.setup.session(&cookies).await.status, 401);

    let shared = Shared::at(redis, &format!("{node},{node}")).await;
    let cookies = shared.first.log_in().await;
    shared.hands.pass(4000);
    assert_eq!((shared.first.session(&cookies).await.status, shared.second.session(&cookies).await.status), (200, 200));
    assert_eq!(shared.first.server.refreshes().len(), 1);
}

#[tokio::test]
async fn the_master_that_sentinels_watch_is_found_and_found_again() {
    let (master, replica) = (RedisServer::start().await, RedisServer::start().await);
    let sentinel = RedisServer::sentinel(&format!("sentinel monitor the-master 127.0.0.1 {} 1\n", master.port)).await;
    let store = format!("redis+sentinel://127.0.0.1:{}/the-master", sentinel.port);
    let setup = Setup::with(|configuration| configuration.session_store = Some(Secret::new(store))).await;
    let cookies = setup.log_in().await;
    assert_eq!(setup.session(&cookies).await.status, 200);
    assert_eq!(master.keys("session").len(), 1);

    // Another node becomes the master.
    replica.ask::<()>(&["REPLICAOF", "127.0.0.1", &master.port.to_string()]);
    until("it has everything", async || replica.keys("session").len() == 1).await;
    replica.ask::<()>(&["REPLICAOF", "NO", "ONE"]);
    master.ask::<()>(&["REPLICAOF", "127.0.0.1", &replica.port.to_string()]);
    sentinel.ask::<()>(&["SENTINEL", "REMOVE", "the-master"]);
    sentinel.ask::<()>(&["SENTINEL", "MONITOR", "the-master", "127.0.0.1", &replica.port.to_string(), "1"]);
    let mut codes = 0;
    until("the new master is used", async || {
        codes += 1;
        setup.exchange(hand_off_with("code", format!("later-{codes}"))).await.status == 200
    })
    .await;
    assert_eq!(replica.keys("session").len(), 2);
    assert_eq!(setup.session(&cookies).await.status, 200);
}

#[tokio::test]
async fn a_place_that_is_none_is_refused_and_not_shown() {
    for place in [
        "MARKED",
        "http://MARKED.example",
        "redis://",
        "redis+sentinel://MARKED",
        "redis+sentinel://host:MARKED/master",
        "redis://127.0.0.1:1,MARKED",
    ] {
        let mut configuration = configuration("https://server.example/token");
        configuration.session_store = Some(Secret::new(place.to_owned()));
        let error = router(configuration).map(drop).expect_err(place);
        assert_eq!(error.member, "session_store", "{place}");
        crate::setup::assert_no_secret("the sentence", &error.to_string());
    }
    for place in [
        "redis://127.0.0.1:1",
        "redis://user:word@127.0.0.1:1/3",
        "rediss://store.example:6380",
        "redis+sentinel://u:p@a:1,b/m/2",
    ] {
        let mut configuration = configuration("https://server.example/token");
        configuration.session_store = Some(Secret::new(place.to_owned()));
        assert!(router(configuration).is_ok(), "{place}");
    }
}

#[tokio::test]
async fn a_logout_reaches_every_session_of_a_user_however_many_there_are() {
    let redis = RedisServer::start().await;
    let openid = openid(&redis, |_| {}).await;
    let setup = &openid.setup;
    let entries = || redis.ask::<usize>(&["ZCARD", &redis.keys("sub")[0]]);
    let oldest = log_in_as(&openid, "ada", "0").await;
    let (mut sessions, sid) = (vec![oldest], "of the rest");
    for _ in 0..320 {
        sessions.push(log_in_as(&openid, "ada", sid).await);
    }
    // An ended session leaves no entry that would push out another one.
    for ended in sessions.drain(200..220) {
        assert_eq!(setup.log_out(&ended).await.status, 204);
    }
    assert_eq!(entries(), 301);
    // Nor does one whose record alone is left, as after it was idle for too long.
    let name = crate::setup::digest(sessions[300].pop().unwrap().1.trim_start_matches("1."));
    let is_it = |key: &String| key.contains(&name);
    redis.ask::<i64>(&["DEL", redis.keys("session").iter().find(|key| is_it(key)).unwrap()]);
    let list = rows(&from_page(&setup.origin, "GET", "/auth/sessions").cookies(&sessions[0]).send().await);
    assert_eq!(list.len(), 200, "the newest of those that last");

    assert_eq!(back_channel(setup, &openid.key.signed(logout_token(&openid, "sid", sid))).await.status, 200);
    // The entry without a record is removed when somebody reads as far as it.
    assert!((1..=2).contains(&entries()), "{}", entries());
    assert_eq!(setup.session(&sessions[0]).await.status, 200);
    assert_eq!(back_channel(setup, &openid.key.signed(logout_token(&openid, "sub", "ada"))).await.status, 200);
    assert_eq!(setup.session(&sessions[0]).await.status, 401);
    assert!(redis.keys("session").is_empty() && redis.keys("sub").is_empty() && redis.keys("sid").is_empty());
}

#[tokio::test]
async fn users_end_a_session_that_is_too_old_for_their_list() {
    let redis = RedisServer::start().await;
    let openid = openid(&redis, |_| {}).await;
    let oldest = log_in_as(&openid, "ada", "0").await;
    for count in 0..201 {
        log_in_as(&openid, "ada", &count.to_string()).await;
    }
    let id = crate::setup::digest(oldest[0].1.trim_start_matches("1."));
    let own = log_in_as(&openid, "ada", "own").await;
    let end = from_page(&openid.setup.origin, "DELETE", &format!("/auth/sessions/{id}")).cookies(&own).send().await;
    assert_eq!((end.status, openid.setup.session(&oldest).await.status), (204, 401));
}
