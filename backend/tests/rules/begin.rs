//! The bound hand-off: `POST /auth/begin` creates the values that bind a login, and `POST /auth/exchange` demands them.

use serde_json::{Value, json};
use wicketgate_backend::Configuration;

use crate::exchange::assert_secured;
use crate::http::{Answer, call};
use crate::origin::FORGED;
use crate::provider::OpenId;
use crate::servers::field;
use crate::setup::{CLIENT_ID, CODE, Hands, STATE, Setup, after, cookie_name, digest, from_page, hand_off, hand_off_with};

/// A backend that accepts only logins that it began itself.
async fn start(change: impl FnOnce(&mut Configuration)) -> Setup {
    Setup::with(|configuration| {
        configuration.allow_unbound = false;
        change(configuration);
    })
    .await
}

/// The cookie of the login with `state`.
fn name(state: &str) -> String {
    format!("{}-begin-{}", cookie_name(), &digest(&digest(state))[..8])
}

fn assert_not_begun(setup: &Setup, answer: &Answer) {
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{}", answer.body);
    assert!(answer.body.contains("began no such login"), "{}", answer.body);
    assert!(answer.cookies().0.is_empty());
    assert!(setup.server.requests().is_empty(), "the code is not spent");
}

#[tokio::test]
async fn the_backend_makes_what_the_authorization_request_needs() {
    let openid = OpenId::with(|configuration, _| configuration.allow_unbound = false).await;
    let answer = openid.setup.begin(STATE, json!({ "scope": "openid profile" })).await;
    let begun = answer.json();
    assert_eq!(begun.as_object().unwrap().len(), 3);
    assert_eq!((begun["code_challenge"].as_str().unwrap().len(), &begun["code_challenge_method"]), (43, &json!("S256")));
    assert_eq!(begun["nonce"].as_str().unwrap().len(), 43);
    assert_secured(&answer);
    // Another login has other values.
    let other = openid.setup.begin("another state", json!({ "scope": "openid" })).await.json();
    assert!(begun["nonce"] != other["nonce"] && begun["code_challenge"] != other["code_challenge"]);
    assert!(openid.provider.requests.lock().unwrap().is_empty() && openid.setup.server.requests().is_empty());
}

#[tokio::test]
async fn a_login_is_remembered_where_no_script_and_no_other_site_reaches_it() {
    let setup = start(|configuration| configuration.login_lifetime = std::time::Duration::from_secs(300)).await;
    let answer = setup.begin(STATE, json!({})).await;
    let fields = answer.all("set-cookie");
    assert_eq!(fields.len(), 1);
    let mut attributes: Vec<&str> = fields[0].split("; ").collect();
    assert!(attributes.remove(0).starts_with(&format!("{}=", name(STATE))), "{}", fields[0]);
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=300", "Path=/", "SameSite=Strict", "Secure"]);
}

#[tokio::test]
async fn a_nonce_goes_only_where_there_is_an_issuer_and_openid_is_asked_for() {
    let setup = start(|_| {}).await;
    assert_eq!(setup.begin(STATE, json!({ "scope": "openid" })).await.json().get("nonce"), None);
    let openid = OpenId::with(|configuration, _| configuration.requires_id_token = Some(false)).await;
    assert_eq!(openid.setup.begin(STATE, json!({ "scope": "openids" })).await.json().get("nonce"), None);
    assert_eq!(openid.setup.begin(STATE, json!({})).await.json().get("nonce"), None);
    assert!(openid.setup.begin(STATE, json!({ "scope": "a openid" })).await.json()["nonce"].is_string());
}

#[tokio::test]
async fn where_the_server_has_no_pkce_the_state_alone_binds() {
    let setup = start(|configuration| configuration.pkce = false).await;
    let begun = setup.begin(STATE, json!({})).await;
    assert_eq!(begun.json(), json!({}));
    let answer = setup.post("/auth/exchange", hand_off()).cookies(&begun.cookies().0).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        setup.server.requests()[0].body,
        "client_id=app+one.example&client_secret=MARKED+client%2Bsecret%2F%25&grant_type=authorization_code&code=MARKED-code%2B1%2F2"
    );
}

#[tokio::test]
async fn the_exchange_takes_what_binds_the_login_from_the_cookie_and_not_from_the_page() {
    let openid = OpenId::with(|configuration, _| configuration.allow_unbound = false).await;
    let setup = &openid.setup;
    let asked = json!({
        "scope": "openid", "redirect_uri": "https://app.example/callback", "max_age": 600,
        "acr": { "essential": true, "values": ["gold"] }, "binding_digest": digest("user 7"),
    });
    let hand_over = async |claims: Value| {
        let begun = setup.begin(STATE, asked.clone()).await;
        let mut claims = claims;
        claims["nonce"] = begun.json()["nonce"].clone();
        setup.server.answer.lock().unwrap()["id_token"] = openid.key.signed(claims).into();
        let mut said = hand_off_with("code", format!("{CODE}{}", setup.server.requests().len()));
        for (name, value) in
            [("code_verifier", "MARKED-other"), ("nonce", "MARKED-other"), ("redirect_uri", "https://app.example/other")]
        {
            said[name] = value.into();
        }
        said["max_age"] = 1_000_000.into();
        said["acr"] = json!({ "essential": true, "values": ["lead"] });
        (setup.post("/auth/exchange", said).cookies(&begun.cookies().0).send().await, begun.json())
    };
    let claims = |auth_time: u64, acr: &str| {
        let mut claims = openid.claims_with("auth_time", crate::setup::now() - auth_time);
        claims["acr"] = acr.into();
        claims
    };
    let (answer, begun) = hand_over(claims(500, "gold")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let request = setup.server.requests()[0].clone();
    assert_eq!(digest(&field(&request, "code_verifier").unwrap()), begun["code_challenge"].as_str().unwrap());
    assert_eq!(field(&request, "redirect_uri").as_deref(), Some("https://app.example/callback"));
    assert_eq!(answer.json()["session"]["bindingDigest"], digest("user 7"));
    assert_eq!(setup.session(&answer.cookies().0).await.json(), answer.json());

    for (claims, reason) in [(claims(700, "gold"), "auth_time"), (claims(500, "lead"), "acr")] {
        let (answer, _) = hand_over(claims).await;
        assert_eq!(answer.status, 502, "{reason}");
        assert!(answer.body.contains(reason), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_login_ends_with_its_first_exchange_whatever_comes_of_it() {
    let setup = start(|_| {}).await;
    for code in ["MARKED-first", "MARKED-first"] {
        let begun = setup.begin(STATE, json!({})).await.cookies().0;
        let answer = setup.post("/auth/exchange", hand_off_with("code", code)).cookies(&begun).send().await;
        assert_eq!(answer.status, if setup.server.requests().len() == 1 { 200 } else { 400 });
        assert_eq!(answer.cookies().1, [name(STATE)]);
        let left = after(&begun, &answer);
        let again = setup.post("/auth/exchange", hand_off_with("code", "another")).cookies(&left).send().await;
        assert!(again.body.contains("began no such login"), "{}", again.body);
    }
    assert_eq!(setup.server.requests().len(), 2);
}

#[tokio::test]
async fn without_its_cookie_a_login_is_not_begun_here() {
    let setup = start(|_| {}).await;
    assert_not_begun(&setup, &setup.exchange(hand_off()).await);
    // The verifier of an older page's hand-off makes no difference.
    assert_not_begun(&setup, &setup.exchange(hand_off_with("code_verifier", crate::setup::CODE_VERIFIER)).await);
}

#[tokio::test]
async fn several_logins_may_be_pending_and_the_oldest_goes_first() {
    let hands = Hands::default();
    let clock = hands.clock();
    let setup = start(|configuration| configuration.clock = clock).await;
    let states = ["1", "2", "3", "4", "5", "6"];
    let mut cookies = Vec::new();
    for state in states {
        hands.pass(1);
        let begin = json!({ "client_id": CLIENT_ID, "state_digest": digest(state) });
        let answer = setup.post("/auth/begin", begin).cookies(&cookies).send().await;
        cookies = after(&cookies, &answer);
    }
    let names: Vec<&str> = cookies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["2", "3", "4", "5", "6"].map(name));
    for state in ["6", "2", "4"] {
        let mut said = hand_off_with("state", state);
        said["code"] = state.into();
        let answer = setup.post("/auth/exchange", said).cookies(&cookies).send().await;
        assert_eq!(answer.status, 200, "{state}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_login_that_took_too_long_is_over() {
    let hands = Hands::default();
    let clock = hands.clock();
    let setup = start(|configuration| configuration.clock = clock).await;
    let begun = setup.begin(STATE, json!({})).await.cookies().0;
    hands.pass(602);
    assert_not_begun(&setup, &setup.post("/auth/exchange", hand_off()).cookies(&begun).send().await);
}

#[tokio::test]
async fn a_begin_that_is_not_one_is_an_invalid_request_that_names_the_member() {
    let openid = OpenId::with(|configuration, _| configuration.redirect_uri = Some("https://app.example/callback".into())).await;
    let right = json!({ "client_id": CLIENT_ID, "state_digest": digest(STATE), "scope": "openid" });
    let with = |name: &str, value: Value| {
        let mut body = right.clone();
        body[name] = value;
        body.to_string()
    };
    for (body, named) in [
        (String::new(), "body"),
        ("[]".into(), "body"),
        (json!({ "client_id": CLIENT_ID }).to_string(), "state_digest"),
        (format!(r#"{{"client_id":"x",{}"#, &right.to_string()[1..]), "body"),
        (with("client_id", "another".into()), "client_id"),
        (with("redirect_uri", "https://app.example/callback/".into()), "redirect_uri"),
        (with("state_digest", STATE.into()), "state_digest"),
        (with("state_digest", format!("{}=", digest(STATE)).into()), "state_digest"),
        (with("binding_digest", "user 7".into()), "binding_digest"),
        (with("scope", "profile".into()), "scope"),
        (with("scope", Value::Null), "scope"),
        (with("max_age", "10".into()), "body"),
        (with("max_age", (-1).into()), "body"),
        (with("acr", json!(["gold"])), "acr"),
    ] {
        let call = from_page(&openid.setup.origin, "POST", "/auth/begin").header("content-type", "application/json");
        let answer = call.body(body.clone()).send().await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{body}");
        assert!(answer.body.contains(named), "{named}: {}", answer.body);
        assert!(answer.all("set-cookie").is_empty());
    }
    // Members that a later version may send are accepted.
    assert_eq!(openid.setup.begin(STATE, json!({ "scope": "openid", "later": 1, "max_age": null })).await.status, 200);
    let setup = start(|_| {}).await;
    let answer = setup.begin(STATE, json!({ "scope": "openid", "max_age": 10 })).await;
    assert!(answer.status == 400 && answer.body.contains("max_age"), "{}", answer.body);
}

#[tokio::test]
async fn a_begin_without_the_page_s_origin_and_header_is_refused() {
    let setup = start(|_| {}).await;
    for headers in FORGED {
        let begin = json!({ "client_id": CLIENT_ID, "state_digest": digest(STATE) }).to_string();
        let forged = call(&setup.origin, "POST", "/auth/begin").header("content-type", "application/json").headers(headers);
        let answer = forged.body(begin).send().await;
        assert_eq!((answer.status, answer.error().as_str()), (403, "invalid_request"), "{headers:?}");
        assert!(answer.all("set-cookie").is_empty(), "{headers:?}");
    }
}

#[tokio::test]
async fn the_page_may_have_several_origins() {
    let other = "https://app.example.org";
    let setup = start(|configuration| configuration.further_origins = vec![other.into()]).await;
    let own = setup.begin(STATE, json!({})).await;
    assert_eq!((own.status, own.cookies().0[0].0.clone()), (200, name(STATE)));
    let begin = |origin: &str| {
        let headers = [("origin", origin), ("x-requested-with", "wicketgate"), ("content-type", "application/json")];
        let body = json!({ "client_id": CLIENT_ID, "state_digest": digest(STATE) }).to_string();
        call(&setup.origin, "POST", "/auth/begin").headers(&headers).body(body).send()
    };
    let answer = begin(other).await;
    assert_eq!((answer.status, answer.cookies().0[0].0.clone()), (200, name(STATE)), "the first one names the cookie");
    assert_eq!(begin("https://app.example.com").await.status, 403);
}
