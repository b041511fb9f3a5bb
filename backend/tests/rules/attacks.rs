//! Attacks: what a thief has, and that it is useless here.

use serde_json::json;
use wicketgate_backend::{Configuration, router};

use crate::servers::{Api, field, json_answer, serve};
use crate::setup::{CLIENT_ID, PAGE, STATE, Setup, configuration, digest, from_page, hand_off, hand_off_with};

const OTHER: &str = "https://other.example";
const PORT: &str = "https://app.example:8443";

async fn start() -> Setup {
    Setup::with(|configuration| configuration.allow_unbound = false).await
}

#[tokio::test]
async fn a_code_that_leaks_is_worth_nothing_to_whoever_did_not_begin_that_login() {
    let setup = start().await;
    let user = setup.begin(STATE, json!({})).await;
    // The thief has the code and its state, but no cookie of that login.
    let answer = setup.exchange(hand_off()).await;
    assert_eq!((answer.status, setup.server.requests().len()), (400, 0), "{}", answer.body);
    // The thief begins a login of their own …
    let thief = setup.begin("the thief's state", json!({})).await;
    let answer = setup.post("/auth/exchange", hand_off()).cookies(&thief.cookies().0).send().await;
    assert_eq!((answer.status, setup.server.requests().len()), (400, 0), "{}", answer.body);
    // … the cookie has another name, and does not open under the user's name …
    let renamed = vec![(user.cookies().0[0].0.clone(), thief.cookies().0[0].1.clone())];
    let answer = setup.post("/auth/exchange", hand_off()).cookies(&renamed).send().await;
    assert_eq!((answer.status, setup.server.requests().len()), (400, 0), "{}", answer.body);
    // … or begins one with the user's state. Then the server refuses the code: the verifier does not fit the user's challenge.
    let thief = setup.begin(STATE, json!({})).await;
    setup.post("/auth/exchange", hand_off()).cookies(&thief.cookies().0).send().await;
    let sent = digest(&field(&setup.server.requests()[0], "code_verifier").unwrap());
    assert_ne!(sent, user.json()["code_challenge"].as_str().unwrap());
    // The attack does not disturb the user.
    let answer = setup.post("/auth/exchange", hand_off_with("code", "MARKED-new")).cookies(&user.cookies().0).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let sent = digest(&field(&setup.server.requests()[1], "code_verifier").unwrap());
    assert_eq!(sent, user.json()["code_challenge"].as_str().unwrap());
}

#[tokio::test]
async fn a_login_that_was_begun_elsewhere_is_not_one_of_this_backend() {
    let (setup, other) = (start().await, Setup::with(|configuration| configuration.client_id = "another".into()).await);
    let begin = json!({ "client_id": "another", "state_digest": digest(STATE) });
    let begun = other.post("/auth/begin", begin).send().await.cookies().0;
    let here = setup.begin(STATE, json!({})).await.cookies().0;
    let moved = vec![(here[0].0.clone(), begun[0].1.clone())];
    let answer = setup.post("/auth/exchange", hand_off()).cookies(&moved).send().await;
    assert_eq!((answer.status, setup.server.requests().len()), (400, 0), "{}", answer.body);
}

#[tokio::test]
async fn a_cookie_that_was_moved_to_a_backend_with_another_client_origin_or_api_is_none() {
    let setup = Setup::start().await;
    let (api, other_api) = (Api::start(|| json_answer(200, &json!({}))).await, Api::start(|| json_answer(200, &json!({}))).await);
    let backend = async |change: &dyn Fn(&mut Configuration)| {
        let mut configuration = configuration(&setup.server.token_endpoint());
        configuration.api_origin = Some(api.origin.clone());
        change(&mut configuration);
        serve(router(configuration).unwrap()).await
    };
    let own = Setup { origin: backend(&|_| {}).await, server: setup.server.clone() };
    let cookies = own.log_in().await;
    assert_eq!(own.session(&cookies).await.status, 200);
    let twin = backend(&|_| {}).await;
    assert_eq!(Setup { origin: twin, server: own.server.clone() }.session(&cookies).await.status, 200);

    // Each other backend, with the client and origin that determine the name of its cookie.
    let others = [
        ("client", "another", PAGE, backend(&|configuration| configuration.client_id = "another".into()).await),
        ("origin", CLIENT_ID, OTHER, backend(&|configuration| configuration.public_origin = OTHER.into()).await),
        ("port", CLIENT_ID, PORT, backend(&|configuration| configuration.public_origin = PORT.into()).await),
        ("API", CLIENT_ID, PAGE, backend(&|configuration| configuration.api_origin = Some(other_api.origin.clone())).await),
        ("no API", CLIENT_ID, PAGE, backend(&|configuration| configuration.api_origin = None).await),
    ];
    for (what, client_id, page, origin) in others {
        let mut moved = cookies.clone();
        moved.push((format!("__Host-Http-wicketgate-{}", &digest(&format!("{client_id}\n{page}"))[..8]), cookies[0].1.clone()));
        let other = Setup { origin: origin.clone(), server: own.server.clone() };
        assert_eq!(other.session(&moved).await.status, 401, "{what}");
        let forwarded = from_page(&origin, "GET", "/api/v1/me").cookies(&moved).send().await;
        assert!(matches!(forwarded.status, 401 | 403 | 404), "{what}: {}", forwarded.status);
    }
    assert!(api.requests().is_empty() && other_api.requests().is_empty());
}

#[tokio::test]
async fn two_backends_on_one_host_do_not_sign_each_other_out() {
    let first = Setup::start().await;
    let second = Setup::with(|configuration| configuration.public_origin = PORT.into()).await;
    let begin = json!({ "code": "another", "state": STATE, "client_id": CLIENT_ID });
    let headers = [("origin", PORT), ("x-requested-with", "wicketgate"), ("content-type", "application/json")];
    let answer =
        crate::http::call(&second.origin, "POST", "/auth/exchange").headers(&headers).body(begin.to_string()).send().await;
    // A browser's cookies ignore ports.
    let mut both = first.log_in().await;
    both.extend(answer.cookies().0);
    assert_eq!(both.len(), 2);
    assert_eq!((first.session(&both).await.status, second.session(&both).await.status), (200, 200));
}
