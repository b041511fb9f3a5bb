//! The whole login at the backend: `GET /auth/login`, the server, `GET /auth/callback`, the page.

use std::time::Duration;

use serde_json::{Value, json};
use wicketgate::protocol::secret::Secret;
use wicketgate_backend::Configuration;

use crate::exchange::assert_secured;
use crate::http::{Answer, Call, call};
use crate::log::Log;
use crate::provider::{METADATA, OpenId, Provider};
use crate::redis_server::RedisServer;
use crate::servers::{Fault, field, serve};
use crate::setup::{CLIENT_ID, CODE, Hands, PAGE, Setup, after, assert_no_secret, cookie_name, digest, from_page, until};

type Cookies = Vec<(String, String)>;

/// A backend whose logins request `openid read`.
async fn start(change: impl FnOnce(&mut Configuration, &Provider)) -> OpenId {
    let openid = OpenId::with(|configuration, provider| {
        configuration.allow_unbound = false;
        configuration.scope = Some("openid read".into());
        change(configuration, provider);
    })
    .await;
    let metadata =
        openid.provider.metadata_with("authorization_endpoint", format!("{}/authorize?tenant=1", openid.provider.origin));
    openid.provider.publishes(METADATA, metadata);
    openid
}

/// The browser's request for `target`, which `site` began, with exactly these cookies.
fn request(setup: &Setup, method: &str, target: &str, site: &str, cookies: &[(String, String)]) -> Call {
    let navigation = [("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", site)];
    call(&setup.origin, method, target).headers(&navigation).cookies(cookies)
}

/// The page navigates to `target`.
fn navigation(setup: &Setup, method: &str, target: &str, cookies: &[(String, String)]) -> Call {
    request(setup, method, target, "same-origin", cookies)
}

/// Another site navigates to `target`: the server, or a link there. Of the browser's cookies, only those come along that are
/// not `SameSite=Strict`: the records of logins.
fn arrival(setup: &Setup, method: &str, target: &str, cookies: &[(String, String)]) -> Call {
    let login = format!("{}-login-", cookie_name());
    let sent: Cookies = cookies.iter().filter(|(name, _)| name.starts_with(&login)).cloned().collect();
    request(setup, method, target, "cross-site", if method == "GET" { &sent } else { &[] })
}

/// A login that has begun: the parameters of its authorization request, and the browser's cookies.
struct Begun {
    url: String,
    cookies: Cookies,
}

impl Begun {
    fn parameter(&self, name: &str) -> Option<String> {
        parameter(&self.url, name)
    }

    fn state(&self) -> String {
        self.parameter("state").unwrap()
    }
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse("https://app.example").unwrap().join(url).unwrap();
    let mut values = url.query_pairs().filter(|(other, _)| other == name).map(|(_, value)| value.into_owned());
    let value = values.next();
    assert_eq!(values.next(), None, "{name} is there twice");
    value
}

async fn begin(setup: &Setup, query: &str) -> Begun {
    begin_with(setup, query, &[]).await
}

async fn begin_with(setup: &Setup, query: &str, cookies: &[(String, String)]) -> Begun {
    let answer = navigation(setup, "GET", &format!("/auth/login{query}"), cookies).send().await;
    let url = location(&answer).to_owned();
    assert!(parameter(&url, "wicketgate_error").is_none(), "{url}");
    Begun { url, cookies: after(cookies, &answer) }
}

/// The URL to which the browser is redirected, by GET and without a referrer.
fn location(answer: &Answer) -> &str {
    assert_eq!((answer.status, answer.body.as_str()), (303, ""));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_secured(answer);
    answer.header("location").unwrap()
}

/// The server sends the browser back with a code for the user whose ID token has `claims`.
async fn come_back(openid: &OpenId, begun: &Begun, claims: Value, query: &str) -> Answer {
    let mut claims = claims;
    claims["nonce"] = begun.parameter("nonce").into();
    openid.setup.server.answer.lock().unwrap()["id_token"] = openid.key.signed(claims).into();
    let target = format!("/auth/callback?{query}&state={}", begun.state());
    arrival(&openid.setup, "GET", &target, &begun.cookies).send().await
}

fn code(count: usize) -> String {
    format!("code={}", url::form_urlencoded::byte_serialize(format!("{CODE}{count}").as_bytes()).collect::<String>())
}

#[tokio::test]
async fn the_browser_is_sent_to_the_server_with_what_the_standards_ask_for() {
    let openid = start(|_, _| {}).await;
    let begun = begin(&openid.setup, "?return_to=/there").await;
    let url = url::Url::parse(&begun.url).unwrap();
    assert_eq!(format!("{}{}", url.origin().ascii_serialization(), url.path()), format!("{}/authorize", openid.provider.origin));
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    let sent = "tenant client_id response_type state redirect_uri scope nonce code_challenge code_challenge_method";
    assert_eq!(names.join(" "), sent);
    for (name, value) in [
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("redirect_uri", "https://app.example/auth/callback"),
        ("scope", "openid read"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(begun.parameter(name).as_deref(), Some(value), "{name}");
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(begun.parameter(name).unwrap().len(), 43, "{name}");
    }
    let other = begin(&openid.setup, "").await;
    assert!(begun.state() != other.state() && begun.parameter("nonce") != other.parameter("nonce"));
}

#[tokio::test]
async fn a_login_is_remembered_where_no_script_reaches_it_and_a_redirect_of_the_server_brings_it() {
    let openid = start(|configuration, _| configuration.login_lifetime = Duration::from_secs(300)).await;
    let answer = navigation(&openid.setup, "GET", "/auth/login", &[]).send().await;
    let state = parameter(location(&answer), "state").unwrap();
    let fields = answer.all("set-cookie");
    assert_eq!(fields.len(), 1);
    let mut attributes: Vec<&str> = fields[0].split("; ").collect();
    let name = format!("{}-login-{}", cookie_name(), &digest(&digest(&state))[..8]);
    assert!(attributes.remove(0).starts_with(&format!("{name}=")), "{}", fields[0]);
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=300", "Path=/", "SameSite=Lax", "Secure"]);
    assert!(!fields[0].contains(&state), "what it holds is sealed");
}

#[tokio::test]
async fn the_user_comes_back_signed_in_and_the_page_s_url_has_no_code() {
    let openid = start(|_, _| {}).await;
    let begun = begin(&openid.setup, "?return_to=/there%3Fx%3D1%23part").await;
    let answer = come_back(&openid, &begun, openid.claims(), &code(1)).await;
    assert_eq!(location(&answer), "/there?x=1#part");
    let request = openid.setup.server.requests()[0].clone();
    assert_eq!(digest(&field(&request, "code_verifier").unwrap()), begun.parameter("code_challenge").unwrap());
    assert_eq!(field(&request, "redirect_uri").as_deref(), Some("https://app.example/auth/callback"));
    assert_eq!(field(&request, "code"), Some(format!("{CODE}1")));
    let session = answer.all("set-cookie").into_iter().find(|field| field.starts_with(&format!("{}=", cookie_name()))).unwrap();
    assert!(session.contains("SameSite=Strict") && session.contains("HttpOnly"), "{session}");
    let cookies = after(&begun.cookies, &answer);
    assert_eq!(cookies.len(), 1, "the login is not remembered any more");
    let session = openid.setup.session(&cookies).await.json();
    assert_eq!((&session["session"]["claims"]["sub"], &session["session"]["scope"]), (&json!("ada"), &json!("read write")));
}

#[tokio::test]
async fn a_server_without_pkce_and_openid_gets_what_it_documents() {
    let setup = Setup::with(|configuration| {
        configuration.pkce = false;
        configuration.authorization_endpoint = Some("https://my.worksmart.app/api/v1/oauth2/authorize".into());
    })
    .await;
    let begun = begin(&setup, "").await;
    let state = begun.state();
    assert_eq!(
        begun.url,
        format!(
            "https://my.worksmart.app/api/v1/oauth2/authorize?client_id=app+one.example&response_type=code&state={state}\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fauth%2Fcallback"
        )
    );
    let answer = arrival(&setup, "GET", &format!("/auth/callback?code=x&state={state}"), &begun.cookies).send().await;
    assert_eq!(location(&answer), "/");
    assert_eq!(setup.session(&answer.cookies().0).await.status, 200);
}

#[tokio::test]
async fn a_page_may_ask_for_what_the_backend_allows() {
    let openid = start(|configuration, _| {
        configuration.authorization_parameters = vec![("audience".into(), "https://api.example".into())];
    })
    .await;
    let query = "?prompt=login&login_hint=ada%40x.example&max_age=600&acr_values=gold%20silver&ui_locales=de&scope=openid&utm=1";
    let begun = begin(&openid.setup, query).await;
    for (name, value) in [
        ("prompt", Some("login")),
        ("login_hint", Some("ada@x.example")),
        ("max_age", Some("600")),
        ("acr_values", Some("gold silver")),
        ("ui_locales", Some("de")),
        ("scope", Some("openid")),
        ("audience", Some("https://api.example")),
        ("utm", None),
        ("return_to", None),
    ] {
        assert_eq!(begun.parameter(name).as_deref(), value, "{name}");
    }
    // The server must comply with the request.
    for (age, error) in [(500, None), (700, Some("token_request_failed"))] {
        let begun = begin(&openid.setup, "?max_age=600").await;
        let answer =
            come_back(&openid, &begun, openid.claims_with("auth_time", crate::setup::now() - age), &code(age as usize)).await;
        assert_eq!(parameter(location(&answer), "wicketgate_error").as_deref(), error, "{age}");
    }

    for (query, return_to) in [
        ("?return_to=//evil.example", "/"),
        ("?return_to=https://evil.example/", "/"),
        ("?return_to=javascript:alert(1)", "/"),
        ("?return_to=/%5Cevil.example", "/"),
        ("?return_to=/%09/evil.example", "/"),
        ("?return_to=/there&scope=openid%20write", "/there"),
        ("?return_to=/there&scope=read", "/there"),
        ("?return_to=/there&max_age=soon", "/there"),
        ("?return_to=/there&prompt=login&prompt=none", "/there"),
        ("?return_to=/there&login_hint=a%0Ab", "/there"),
        ("?return_to=/there&binding_digest=x", "/there"),
    ] {
        let answer = navigation(&openid.setup, "GET", &format!("/auth/login{query}"), &[]).send().await;
        assert_eq!(location(&answer), format!("{return_to}?wicketgate_error=invalid_option#"), "{query}");
        assert!(answer.all("set-cookie").is_empty());
    }
}

#[tokio::test]
async fn what_goes_wrong_is_shown_by_the_page_and_the_code_is_not() {
    let log = Log::capture();
    let openid = start(|configuration, _| configuration.timeout = Duration::from_secs(2)).await;
    let denied = "error=access_denied&error_description=Not%20you%0A.";
    for (count, (query, error, description)) in [
        (denied.to_owned(), "access_denied", Some("Not you.")),
        ("error=consent_required".into(), "consent_required", None),
        (format!("{}&iss=https%3A%2F%2Fother.example", code(1)), "issuer_mismatch", None),
        (format!("{}&code=twice", code(1)), "callback_malformed", None),
        (format!("{}&{denied}", code(1)), "callback_malformed", None),
        ("x=1".into(), "callback_malformed", None),
        ("code=%ff".into(), "callback_malformed", None),
        (code(2), "token_request_failed", None),
        (code(3), "token_request_failed", None),
    ]
    .into_iter()
    .enumerate()
    {
        let begun = begin(&openid.setup, "?return_to=/there%3Fx%23part").await;
        let claims = if count == 7 { openid.claims_with("aud", "another") } else { openid.claims() };
        openid.setup.server.fails_with(if count == 8 {
            Fault::Answers(400, "application/json", "{}".into())
        } else {
            Fault::None
        });
        let answer = come_back(&openid, &begun, claims, &query).await;
        let shown = location(&answer);
        assert_eq!(parameter(shown, "wicketgate_error").as_deref(), Some(error), "{query}");
        assert_eq!(parameter(shown, "wicketgate_error_description").as_deref(), description, "{query}");
        // A malformed response does not say which login it would end.
        if error != "callback_malformed" {
            assert!(shown.starts_with("/there?x&wicketgate_error=") && shown.ends_with("#part"), "{shown}");
            assert_eq!(after(&begun.cookies, &answer).len(), 0, "{query}");
        }
        assert!(answer.cookies().0.is_empty(), "{query}");
        assert!(log.text().contains("login refused") || log.text().contains("login failed"));
    }
    assert_no_secret("the log", &log.text());
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_is_found_out_about_before_the_browser_leaves() {
    let openid = start(|_, _| {}).await;
    openid.provider.fails_at("/", Fault::Answers(503, "text/html", String::new()));
    let answer = navigation(&openid.setup, "GET", "/auth/login?return_to=/there", &[]).send().await;
    assert_eq!(location(&answer), "/there?wicketgate_error=backend_failed#");
    assert!(answer.all("set-cookie").is_empty());
    let setup = Setup::start().await;
    let answer = navigation(&setup, "GET", "/auth/login", &[]).send().await;
    assert_eq!(location(&answer), "/?wicketgate_error=invalid_metadata#", "there is nowhere to send it");
}

#[tokio::test]
async fn a_response_that_was_not_asked_for_signs_nobody_in() {
    let hands = Hands::default();
    let openid = start(|configuration, _| configuration.clock = hands.clock()).await;
    let begun = begin(&openid.setup, "").await;
    let target = |state: &str| format!("/auth/callback?{}&state={state}", code(1));
    let come = async |target: String, cookies: &[(String, String)]| {
        let answer = arrival(&openid.setup, "GET", &target, cookies).send().await;
        assert_eq!(location(&answer), "/?wicketgate_error=transaction_not_found#");
        assert!(answer.cookies().0.is_empty());
    };
    come(target(&begun.state()), &[]).await;
    come(target("another"), &begun.cookies).await;
    let renamed: Cookies =
        vec![(format!("{}-login-{}", cookie_name(), &digest(&digest("another"))[..8]), begun.cookies[0].1.clone())];
    come(target("another"), &renamed).await;
    hands.pass(602);
    come(target(&begun.state()), &begun.cookies).await;
    assert!(openid.setup.server.requests().is_empty());
}

#[tokio::test]
async fn an_attackers_own_begin_carries_no_session_away() {
    let openid = start(|_, _| {}).await;
    let setup = &openid.setup;
    let user = openid.claims();
    // The user is signed in; the attacker's script runs in the page.
    let begun = begin(setup, "").await;
    let signed_in = after(&begun.cookies, &come_back(&openid, &begun, user.clone(), &code(1)).await);
    assert_eq!(setup.session(&signed_in).await.status, 200);

    // The attacker begins a login at home, and lets the script open that request, with `prompt=none`, in the user's browser.
    // The server answers with a code of the user, for the attacker's challenge.
    let attacker = begin(setup, "?prompt=none").await;
    let target = format!("/auth/callback?{}&state={}", code(2), attacker.state());
    // The browser sends the session's cookie only if it looks at who began the navigation, and not at the redirects on the way.
    for (answer, shown) in [
        (request(setup, "GET", &target, "cross-site", &signed_in), "/#"),
        (arrival(setup, "GET", &target, &signed_in), "/?wicketgate_error=transaction_not_found#"),
    ] {
        let answer = answer.send().await;
        // The popup returns to the page: its URL contains no code that the script could read, and the code is not redeemed.
        assert_eq!(location(&answer), shown);
        assert!(answer.all("set-cookie").is_empty());
    }
    assert_eq!(setup.server.requests().len(), 1);

    // The script opens the backend's own login: the backend receives the code, and keeps it.
    let own = begin_with(setup, "?prompt=none", &signed_in).await;
    let answer = come_back(&openid, &own, user, &code(3)).await;
    assert_eq!(location(&answer), "/");
    // The URLs that the script can read are useless for the attacker, and so is the state.
    let target = format!("/auth/callback?code=guessed&state={}", own.state());
    let answer = arrival(setup, "GET", &target, &attacker.cookies).send().await;
    assert_eq!(location(&answer), "/?wicketgate_error=transaction_not_found#");

    // A script's own request learns nothing: the redirect's target contains no code.
    let fetched = from_page(&setup.origin, "GET", &target).header("sec-fetch-dest", "empty").cookies(&own.cookies);
    let fetched = fetched.send().await;
    assert_eq!((fetched.status, fetched.header("location")), (303, Some("/?wicketgate_error=backend_failed#")));
    let fetched = from_page(&setup.origin, "GET", "/auth/login").header("sec-fetch-dest", "script").send().await;
    assert_eq!((fetched.status, fetched.error().as_str()), (403, "invalid_request"));
}

#[tokio::test]
async fn a_browser_that_comes_twice_is_signed_in_once() {
    let openid = start(|_, _| {}).await;
    let begun = begin(&openid.setup, "?return_to=/there").await;
    openid.setup.server.fails_with(Fault::Late(Duration::from_millis(200)));
    let come = || async { come_back(&openid, &begun, openid.claims(), &code(1)).await };
    let (first, second) = tokio::join!(come(), come());
    let third = come().await;
    for answer in [first, second, third] {
        assert_eq!(location(&answer), "/there");
        assert_eq!(openid.setup.session(&after(&begun.cookies, &answer)).await.status, 200);
    }
    assert_eq!(openid.setup.server.requests().len(), 1, "a code is sent once");
    // Another browser that has only the URL is not signed in.
    let target = format!("/auth/callback?{}&state={}", code(1), begun.state());
    let answer = arrival(&openid.setup, "GET", &target, &[]).send().await;
    assert_eq!(location(&answer), "/?wicketgate_error=transaction_not_found#");
    assert!(answer.cookies().0.is_empty());
}

#[tokio::test]
async fn several_logins_may_be_under_way() {
    let openid = start(|_, _| {}).await;
    let first = begin(&openid.setup, "?return_to=/1").await;
    let second = begin_with(&openid.setup, "?return_to=/2", &first.cookies).await;
    assert_eq!(second.cookies.len(), 2);
    let first = Begun { cookies: second.cookies.clone(), ..first };
    for (count, begun) in [&first, &second].into_iter().enumerate() {
        let answer = come_back(&openid, begun, openid.claims(), &code(count)).await;
        assert_eq!(location(&answer), format!("/{}", count + 1));
    }
}

#[tokio::test]
async fn the_binding_goes_along_and_stands_in_the_session() {
    let openid = start(|_, _| {}).await;
    let begun = begin(&openid.setup, &format!("?binding_digest={}", digest("user 7"))).await;
    assert_eq!(begun.parameter("binding_digest"), None);
    let answer = come_back(&openid, &begun, openid.claims(), &code(1)).await;
    let session = openid.setup.session(&after(&begun.cookies, &answer)).await.json();
    assert_eq!(session["session"]["bindingDigest"], digest("user 7"));
}

#[tokio::test]
async fn a_response_by_post_is_sent_on_by_get_since_it_brings_no_cookies() {
    let openid = start(|configuration, _| {
        configuration.authorization_parameters = vec![("response_mode".into(), "form_post".into())];
    })
    .await;
    let begun = begin(&openid.setup, "").await;
    assert_eq!(begun.parameter("response_mode").as_deref(), Some("form_post"));
    let form = format!("code=a%2Fb&state={}&user=%7B%7D", begun.state());
    let post = |setup: &Setup, form: &str| {
        let call = arrival(setup, "POST", "/auth/callback", &[]).header("origin", "https://server.example");
        call.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned()).send()
    };
    let answer = post(&openid.setup, &form).await;
    let next = location(&answer).to_owned();
    assert_eq!(next, format!("/auth/callback?code=a%2Fb&state={}", begun.state()));
    assert!(answer.all("set-cookie").is_empty() && openid.setup.server.requests().is_empty(), "it keeps nothing");
    let mut claims = openid.claims();
    claims["nonce"] = begun.parameter("nonce").into();
    openid.setup.server.answer.lock().unwrap()["id_token"] = openid.key.signed(claims).into();
    let answer = arrival(&openid.setup, "GET", &next, &begun.cookies).send().await;
    assert_eq!(location(&answer), "/");
    assert_eq!(openid.setup.session(&after(&begun.cookies, &answer)).await.status, 200);

    // In the hand-off, the page takes the response.
    let page = Setup::with(|configuration| configuration.page_callback = Some("/callback?way=post".into())).await;
    let answer = post(&page, "code=a&state=b&user=%7B%22name%22%3A1%7D").await;
    assert_eq!(location(&answer), "/callback?way=post&code=a&state=b&user=%7B%22name%22%3A1%7D");
    let other = arrival(&page, "POST", "/auth/callback", &[]).header("content-type", "text/plain").body("code=a").send().await;
    assert_eq!((other.status, other.error().as_str()), (415, "invalid_request"));
}

#[tokio::test]
async fn the_callback_is_where_the_page_sees_the_backend() {
    // Nested in another router, and at the second of two origins.
    let openid = start(|configuration, _| configuration.further_origins = vec!["https://app.example.org".into()]).await;
    let mut configuration = crate::setup::configuration(&openid.setup.server.token_endpoint());
    configuration.issuer = Some(openid.provider.origin.clone());
    configuration.scope = Some("openid".into());
    configuration.further_origins = vec!["https://app.example.org".into()];
    let app = axum::Router::new().nest("/app", wicketgate_backend::router(configuration).unwrap());
    let origin = serve(app).await;
    let ask = async |host: &str, target: &str, cookies: &Cookies| {
        call(&origin, "GET", target).cookies(cookies).with_host(host).send().await
    };
    let answer = ask("app.example.org", "/app/auth/login", &Vec::new()).await;
    let url = location(&answer).to_owned();
    assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some("https://app.example.org/app/auth/callback"));
    let answer = ask("elsewhere.example", "/app/auth/login", &Vec::new()).await;
    assert_eq!(parameter(location(&answer), "redirect_uri"), Some(format!("{PAGE}/app/auth/callback")));
}

#[tokio::test]
async fn no_answer_to_a_failed_login_lets_the_browser_keep_the_fragment_of_its_url() {
    let openid = start(|_, _| {}).await;
    let setup = &openid.setup;
    let begun = begin(setup, "?return_to=/there").await;
    let signed_in = after(&begun.cookies, &come_back(&openid, &begun, openid.claims(), &code(1)).await);
    let pending = begin_with(setup, "?return_to=/there", &signed_in).await;
    let state = pending.state();
    // With `response_mode=fragment` in a request that an attacker has changed, all of the response is in the fragment, and the
    // query is empty. The browser keeps the fragment at each redirect to a URL without one.
    for (target, cookies) in [
        ("/auth/callback".to_owned(), &pending.cookies),
        ("/auth/callback?".to_owned(), &signed_in),
        (format!("/auth/callback?state={state}"), &pending.cookies),
        ("/auth/callback?code=x&state=another".to_owned(), &signed_in),
        ("/auth/callback?code=x&state=another".to_owned(), &Vec::new()),
        (format!("/auth/callback?error=access_denied&state={state}"), &pending.cookies),
        ("/auth/login?return_to=/there&max_age=soon".to_owned(), &signed_in),
        ("/auth/login?return_to=//evil.example".to_owned(), &signed_in),
    ] {
        for request in [navigation(setup, "GET", &target, cookies), arrival(setup, "GET", &target, cookies)] {
            let answer = request.send().await;
            assert!(location(&answer).ends_with('#'), "{target}: {}", location(&answer));
        }
        let framed = call(&setup.origin, "GET", &target).header("sec-fetch-dest", "iframe").cookies(cookies).send().await;
        assert!(framed.header("location").is_none_or(|location| location.ends_with('#')), "{target}: {:?}", framed.headers);
    }
    // A place with a fragment of its own keeps that.
    let begun = begin(setup, "?return_to=/there%23part").await;
    let answer = come_back(&openid, &begun, openid.claims(), "error=access_denied").await;
    assert_eq!(location(&answer), "/there?wicketgate_error=access_denied#part");
}

#[tokio::test]
async fn a_login_in_a_frame_is_refused_and_a_response_in_one_is_not_redeemed() {
    let openid = start(|_, _| {}).await;
    let begun = begin(&openid.setup, "").await;
    let callback = format!("/auth/callback?{}&state={}", code(1), begun.state());
    for destination in ["iframe", "frame", "fencedframe", "embed", "object"] {
        let ask = |target: &str| call(&openid.setup.origin, "GET", target).header("sec-fetch-dest", destination);
        let answer = ask("/auth/login").header("sec-fetch-site", "same-origin").send().await;
        assert_eq!((answer.status, answer.error().as_str()), (403, "invalid_request"), "{destination}");
        let answer = ask(&callback).cookies(&begun.cookies).send().await;
        assert_eq!(answer.header("location"), Some("/?wicketgate_error=backend_failed#"), "{destination}");
        assert!(answer.all("set-cookie").is_empty());
    }
    assert!(openid.setup.server.requests().is_empty());
    assert_eq!(location(&come_back(&openid, &begun, openid.claims(), &code(1)).await), "/", "it is not used up");
}

#[tokio::test]
async fn another_origin_may_begin_a_login_but_not_say_what_the_user_agrees_to_or_whose_it_is() {
    let openid = start(|configuration, _| configuration.authorization_details_types = vec!["payment".into()]).await;
    let details = "authorization_details=%5B%7B%22type%22%3A%22payment%22%7D%5D";
    let binding = format!("binding_digest={}", digest("user 7"));
    for (site, is_own) in [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)] {
        for (query, may_be_foreign) in [(details, false), (binding.as_str(), false), ("prompt=none&login_hint=ada", true)] {
            let target = format!("/auth/login?return_to=/there&{query}");
            let answer = request(&openid.setup, "GET", &target, site, &[]).send().await;
            let error = parameter(location(&answer), "wicketgate_error");
            let expected = if is_own || may_be_foreign { None } else { Some("invalid_option") };
            assert_eq!(error.as_deref(), expected, "{site} {query}");
            assert_eq!(answer.all("set-cookie").is_empty(), expected.is_some(), "{site} {query}");
        }
    }
}

#[tokio::test]
async fn logins_that_other_sites_begin_do_not_end_those_of_the_user() {
    let hands = Hands::default();
    let openid = start(|configuration, _| configuration.clock = hands.clock()).await;
    let own = begin(&openid.setup, "?return_to=/own").await;
    let mut cookies = own.cookies.clone();
    for _ in 0..10 {
        hands.pass(1);
        cookies = after(&cookies, &arrival(&openid.setup, "GET", "/auth/login", &cookies).send().await);
    }
    assert_eq!(cookies.len(), 5, "as many as may be pending");
    let own = Begun { cookies, ..own };
    assert_eq!(location(&come_back(&openid, &own, openid.claims(), &code(1)).await), "/own");
}

/// The user logs in again, as the user with `claims`. Returns the browser's cookies then.
async fn again(openid: &OpenId, cookies: &Cookies, claims: Value, count: usize) -> Cookies {
    let begun = begin_with(&openid.setup, "", cookies).await;
    let answer = come_back(openid, &begun, claims, &code(count)).await;
    assert_eq!(location(&answer), "/");
    after(&begun.cookies, &answer)
}

#[tokio::test]
async fn a_login_ends_the_session_before_it_although_the_browser_brings_no_cookie_of_it() {
    let redis = RedisServer::start().await;
    for store in [None, Some(redis.url())] {
        let openid = start(|configuration, _| {
            configuration.session_store = store.clone().map(Secret::new);
            configuration.revocation_endpoint = Some(configuration.token_endpoint.replace("/token", "/revoke"));
        })
        .await;
        let status = async |cookies: &Cookies| openid.setup.session(cookies).await.status;
        let claims = |sub: &str, sid: &str| {
            let mut claims = openid.claims_with("sub", sub);
            claims["sid"] = sid.into();
            claims
        };
        let first = again(&openid, &Vec::new(), claims("ada", "1"), 1).await;
        let second = again(&openid, &first, claims("ada", "1"), 2).await;
        assert_eq!((status(&first).await, status(&second).await), (401, 200), "{store:?}");
        // A server may keep one grant for a session of its own: then a revocation of the older tokens would end the newer ones.
        assert!(openid.setup.server.revoked().is_empty());
        let third = again(&openid, &second, claims("eve", "2"), 3).await;
        assert_eq!((status(&second).await, status(&third).await), (401, 200), "{store:?}");
        if store.is_some() {
            until("the tokens are revoked", async || openid.setup.server.revoked().len() == 2).await;
            assert_eq!(redis.keys("session").len(), 1);
        }
        // After a logout, none of them is accepted.
        assert_eq!(openid.setup.log_out(&third).await.status, 204);
        for cookies in [first, second, third] {
            assert_eq!(status(&cookies).await, 401, "{store:?}");
        }
    }
}

#[tokio::test]
async fn a_smaller_session_leaves_no_piece_of_the_larger_one_before_it() {
    let openid = start(|_, _| {}).await;
    openid.setup.server.answer.lock().unwrap()["access_token"] = "a".repeat(9_000).into();
    let large = again(&openid, &Vec::new(), openid.claims(), 1).await;
    assert!(large.len() > 2, "several pieces");
    openid.setup.server.answer.lock().unwrap()["access_token"] = "a".into();
    let small = again(&openid, &large, openid.claims(), 2).await;
    assert_eq!(small.len(), 1);
    assert_eq!(openid.setup.session(&small).await.status, 200);
}

#[tokio::test]
async fn a_response_by_post_is_never_sent_on_to_another_host() {
    let inner = wicketgate_backend::router(crate::setup::configuration("https://server.example/token")).unwrap();
    // An app that takes any prefix away before it calls the router.
    let without_prefix = axum::middleware::map_request(async |mut request: axum::extract::Request| {
        *request.uri_mut() = "/auth/callback".parse().unwrap();
        request
    });
    let app = axum::Router::new().fallback_service(axum::Router::new().fallback_service(inner).layer(without_prefix));
    let origin = serve(app).await;
    for (path, expected) in [
        ("/app/auth/callback", "/app/auth/callback?code=a"),
        ("//evil.example/auth/callback", "/?wicketgate_error=backend_failed#"),
    ] {
        let call = call(&origin, "POST", path).header("content-type", "application/x-www-form-urlencoded").body("code=a");
        assert_eq!(call.send().await.header("location"), Some(expected), "{path}");
    }
}
