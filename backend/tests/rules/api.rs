//! `/api/…`: the parts of a request that reach the API, and the parts of an answer that come back.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::exchange::assert_secured;
use crate::http::call;
use crate::servers::{Api, AuthorizationServer, json_answer, nobody, serve};
use crate::setup::{ACCESS_TOKEN, PAGE, Setup, configuration, from_page};

fn hello() -> Response {
    json_answer(200, &serde_json::json!({ "hello": "world" }))
}

async fn with_api(answer: fn() -> Response) -> (Setup, Api, Vec<(String, String)>) {
    let api = Api::start(answer).await;
    let setup = Setup::with(|configuration| configuration.api_origin = Some(api.origin.clone())).await;
    let cookies = setup.log_in().await;
    (setup, api, cookies)
}

#[tokio::test]
async fn method_path_query_and_body_arrive_with_the_token() {
    let (setup, api, cookies) = with_api(hello).await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let call = from_page(&setup.origin, method, "/api/v1/things/a%20b;c=1/?q=1&q=%2F..%2F&r").cookies(&cookies);
        let call = if method == "GET" { call } else { call.header("content-type", "text/plain").body("a body") };
        let answer = call.send().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"hello":"world"}"#));
        assert_secured(&answer);
        let request = api.requests().last().unwrap().clone();
        assert_eq!(request.method, method);
        assert_eq!(request.target, "/api/v1/things/a%20b;c=1/?q=1&q=%2F..%2F&r");
        assert_eq!(request.headers["authorization"], format!("Bearer {ACCESS_TOKEN}"));
        assert_eq!(request.headers["host"], api.origin.trim_start_matches("http://"));
        if method == "GET" {
            assert!(!request.headers.contains_key("content-length") && !request.headers.contains_key("transfer-encoding"));
        } else {
            assert_eq!(
                (request.body.as_str(), &request.headers["content-type"]),
                ("a body", &HeaderValue::from_static("text/plain"))
            );
            assert_eq!(request.headers["content-length"], "6");
        }
    }
    assert_eq!(from_page(&setup.origin, "HEAD", "/api/v1/me").cookies(&cookies).send().await.status, 200);
    assert_eq!(api.requests().last().unwrap().method, "HEAD");
}

#[tokio::test]
async fn credentials_and_circumstances_of_the_page_do_not_arrive() {
    let (setup, api, cookies) = with_api(hello).await;
    let dropped = [
        ("authorization", "Bearer forged"),
        ("proxy-authorization", "Basic forged"),
        ("referer", "https://app.example/private"),
        ("forwarded", "for=10.0.0.1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-host", "evil.example"),
        ("sec-fetch-mode", "cors"),
        ("dpop", "forged"),
        ("te", "trailers"),
        ("upgrade", "websocket"),
        ("keep-alive", "timeout=5"),
        ("x-hop", "named by Connection"),
        ("priority", "named by Connection"),
    ];
    let kept = [
        ("accept", "text/csv"),
        ("accept-language", "de"),
        ("if-none-match", "\"1\""),
        ("range", "bytes=0-1"),
        ("last-event-id", "7"),
    ];
    let call = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).headers(&dropped).headers(&kept);
    assert_eq!(call.header("connection", "X-Hop, priority").send().await.status, 200);
    let request = api.requests().remove(0);
    for (name, value) in kept {
        assert_eq!(request.headers[name], value, "{name}");
    }
    assert_eq!(request.headers.get_all("authorization").iter().count(), 1);
    assert_eq!(request.headers["authorization"], format!("Bearer {ACCESS_TOKEN}"));
    for (name, _) in dropped.iter().skip(1).chain(&[("cookie", ""), ("origin", ""), ("sec-fetch-site", ""), ("connection", "")]) {
        assert!(!request.headers.contains_key(*name), "{name}");
    }
}

#[expect(clippy::too_many_lines, reason = "a table: a line for each header field")]
#[tokio::test]
async fn what_only_a_proxy_may_say_does_not_arrive() {
    let (setup, api, cookies) = with_api(hello).await;
    let dropped = [
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Original-Method",
        "X-HTTP-Method",
        "X-HTTP-Method-Override",
        "X-Method-Override",
        "X-Real-IP",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Prefix",
        "Forwarded",
        "X-Remote-User",
        "Remote-User",
        "Remote-Groups",
        "X-Client-Cert",
        "Client-Cert",
        "X-SSL-Client-Verify",
        "X-Auth-Request-User",
        "X-WebAuth-User",
        "X-Envoy-Original-Path",
        "X-Cluster-Client-IP",
        "Fastly-Client-IP",
        "X-Host",
        "Via",
        "X_Forwarded_For",
        "Remote_User",
        "X.Real.IP",
        "own_field",
        // Fields by which a proxy or cloud says who the user is.
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Forwarded-Groups",
        "X-Forwarded-Preferred-Username",
        "X-Forwarded-Access-Token",
        "X-Auth-Request-Email",
        "X-Authenticated-User",
        "X-Authenticated-Userid",
        "X-Authentik-Username",
        "X-Vouch-User",
        "X-Token-Subject",
        "X-User",
        "X-User-Id",
        "X-Username",
        "X-Email",
        "X-Groups",
        "X-Roles",
        "X-Consumer-Username",
        "X-Credential-Identifier",
        "X-Userinfo",
        "X-Id-Token",
        "X-Access-Token",
        "X-JWT-Assertion",
        "X-Endpoint-API-UserInfo",
        "X-Apigateway-Api-Userinfo",
        "X-Amzn-Oidc-Data",
        "X-Amzn-Oidc-Identity",
        "X-Amzn-Oidc-Accesstoken",
        "X-Amzn-Mtls-Clientcert",
        "X-Goog-Authenticated-User-Email",
        "X-Goog-Iap-Jwt-Assertion",
        "X-MS-Client-Principal",
        "X-MS-Client-Principal-Name",
        "X-MS-Token-AAD-Access-Token",
        "X-Pomerium-Jwt-Assertion",
        "X-Spiffe-Id",
        "X-Teleport-Jwt",
        "X-WEBAUTH-EMAIL",
        "X-Proxy-User",
        "X-Trusted-User",
        "Cf-Access-Jwt-Assertion",
        "Cf-Access-Authenticated-User-Email",
        "Tailscale-User-Login",
        "OIDC-Claim-Sub",
        "OIDC-Access-Token",
        "Remote-Email",
        "Impersonate-User",
        "Impersonate-Group",
        "SSL-Client-Cert",
        "SM-User",
        "iv-user",
        "User",
        "Auth-User",
        "Api-Key",
        "X-Api-Key",
        // Fields by which a server or proxy is told which request to handle.
        "X-Accel-Internal",
        "X-Middleware-Subrequest",
        "X-Proxy-URL",
        "X-Override-URL",
        "X-HTTP-Path-Override",
        "X-Custom-IP-Authorization",
        "Base-Url",
        "Surrogate-Capability",
        "Max-Forwards",
        "X-Nobody-Has-Heard-Of-This",
    ];
    let kept = ["X-Requested-With", "Idempotency-Key", "Prefer", "TraceParent", "Baggage", "X-Request-Id", "X-CSRF-Token"];
    // A server accepts a limited number of fields in one request.
    for some in dropped.chunks(50) {
        let fields: Vec<_> = some.iter().chain(&kept).map(|name| (*name, "1")).collect();
        let call = call(&setup.origin, "GET", "/api/v1/me").header("origin", PAGE).cookies(&cookies).headers(&fields);
        assert_eq!(call.send().await.status, 200);
    }
    assert_eq!(api.requests().len(), dropped.len().div_ceil(50));
    for request in api.requests() {
        for name in dropped {
            assert!(!request.headers.contains_key(name), "{name}");
        }
        for name in kept {
            assert_eq!(request.headers[name], "1", "{name}");
        }
    }
}

#[tokio::test]
async fn a_request_whose_answer_would_become_part_of_the_page_is_not_forwarded() {
    let (setup, api, cookies) = with_api(hello).await;
    let ask = |destination: &str| {
        let call = call(&setup.origin, "GET", "/api/v1/me").cookies(&cookies);
        call.headers(&[("sec-fetch-site", "same-origin"), ("sec-fetch-dest", destination)])
    };
    for destination in [
        "script",
        "style",
        "object",
        "embed",
        "iframe",
        "frame",
        "fencedframe",
        "xslt",
        "worker",
        "sharedworker",
        "serviceworker",
        "audioworklet",
        "paintworklet",
        "manifest",
        "what browsers may yet invent",
        "",
    ] {
        let answer = ask(destination).send().await;
        assert_eq!((answer.status, answer.error().as_str()), (403, "invalid_request"), "{destination}");
        assert_secured(&answer);
    }
    assert_eq!(ask("empty").header("sec-fetch-dest", "script").send().await.status, 403);
    assert!(api.requests().is_empty());
    for destination in ["empty", "document", "image", "audio", "video", "track", "font", "json"] {
        assert_eq!(ask(destination).send().await.status, 200, "{destination}");
    }
}

#[tokio::test]
async fn what_an_api_says_about_its_own_origin_does_not_come_back() {
    const DROPPED: [(&str, &str); 32] = [
        ("set-cookie", "a=b"),
        ("access-control-allow-origin", "*"),
        ("access-control-allow-credentials", "true"),
        ("clear-site-data", "\"*\""),
        ("strict-transport-security", "max-age=0"),
        ("service-worker-allowed", "/"),
        ("content-security-policy", "default-src *"),
        ("cache-control", "public"),
        ("refresh", "0; url=https://evil.example"),
        ("alt-svc", "h3=\":1\""),
        ("set-login", "logged-in"),
        ("sec-session-registration", "(ES256); path=\"/\""),
        ("secure-session-registration", "(ES256); path=\"/\""),
        ("accept-ch", "Sec-CH-UA-Model"),
        ("critical-ch", "Sec-CH-UA-Model"),
        ("use-as-dictionary", "match=\"/*\""),
        // A server in front of this backend would obey these fields.
        ("x-accel-redirect", "/internal/secret"),
        ("x-accel-expires", "3600"),
        ("x-accel-buffering", "no"),
        ("x-sendfile", "/etc/passwd"),
        ("x-lighttpd-send-file", "/etc/passwd"),
        ("x-reproxy-url", "http://127.0.0.1/"),
        ("surrogate-control", "max-age=3600"),
        ("surrogate-key", "a"),
        ("cdn-cache-control", "max-age=3600"),
        ("cloudflare-cdn-cache-control", "max-age=3600"),
        ("x-litespeed-cache-control", "public"),
        ("edge-control", "cache-maxage=3600"),
        ("x-nobody-has-heard-of-this", "1"),
        ("x-hop", "named by Connection"),
        ("x-request-id", "named by Connection"),
        ("keep-alive", "timeout=5"),
    ];
    const KEPT: [(&str, &str); 4] =
        [("content-type", "text/csv"), ("etag", "\"1\""), ("content-disposition", "attachment"), ("x-total-count", "1")];
    let (setup, _api, cookies) = with_api(|| {
        let mut response = "a;b".into_response();
        for (name, value) in DROPPED.iter().chain(&KEPT) {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        response.headers_mut().append("connection", HeaderValue::from_static("X-Hop, X-Request-ID"));
        response
    })
    .await;
    let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "a;b"));
    for (name, value) in KEPT {
        assert_eq!(answer.all(name), [value]);
    }
    for (name, value) in DROPPED {
        assert!(!answer.all(name).contains(&value), "{name}");
    }
    assert_secured(&answer);
}

#[tokio::test]
async fn the_api_s_own_failures_come_back_as_they_are() {
    let (setup, _api, cookies) = with_api(|| {
        let challenge = [("www-authenticate", r#"Bearer error="insufficient_scope""#)];
        (StatusCode::FORBIDDEN, challenge, "not yours").into_response()
    })
    .await;
    let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
    assert_eq!((answer.status, answer.body.as_str()), (403, "not yours"));
    assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
}

#[tokio::test]
async fn a_challenge_that_the_browser_would_answer_does_not_come_back() {
    const PASSED: [&str; 3] = ["Bearer", "bearer realm=\"a, b\"", "DPoP algs=\"ES256\""];
    const DROPPED: [&str; 9] = [
        "Basic realm=\"Your password for app.example\"",
        "basic",
        "Digest realm=\"a\", nonce=\"b\"",
        "Negotiate",
        "NTLM",
        "Mutual realm=\"a\"",
        "Bearer realm=\"a\", Basic realm=\"b\"",
        "DPoP algs=\"ES256\",NEGOTIATE",
        ", Basic realm=\"b\"",
    ];
    let (setup, _api, cookies) = with_api(|| {
        let mut response = StatusCode::UNAUTHORIZED.into_response();
        for challenge in DROPPED.iter().chain(&PASSED) {
            response.headers_mut().append("www-authenticate", HeaderValue::from_static(challenge));
        }
        response
    })
    .await;
    let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
    assert_eq!((answer.status, answer.all("www-authenticate")), (401, PASSED.to_vec()));
}

#[tokio::test]
async fn an_app_s_own_header_passes_in_both_directions_when_it_is_named() {
    let api = Api::start(|| ([("x-own", "back"), ("x-other", "back")], "answer").into_response()).await;
    let own = || vec!["X-Own".into(), "X-Tenant".into()];
    let setup = Setup::with(|configuration| {
        configuration.api_origin = Some(api.origin.clone());
        configuration.api_headers = own();
    })
    .await;
    let cookies = setup.log_in().await;
    let fields = [("x-own", "1"), ("X-Tenant", "2"), ("x-other", "3"), ("x-own-too", "4")];
    let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).headers(&fields).send().await;
    assert_eq!((answer.header("x-own"), answer.header("x-other")), (Some("back"), None));
    let headers = &api.requests()[0].headers;
    assert_eq!((&headers["x-own"], &headers["x-tenant"]), (&HeaderValue::from_static("1"), &HeaderValue::from_static("2")));
    assert!(!headers.contains_key("x-other") && !headers.contains_key("x-own-too"));
}

fn redirect(location: &'static str) -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [("location", location)]).into_response()
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_leads_the_page_through_here_again() {
    let answers: [(fn() -> Response, _); 5] = [
        (|| redirect("/api/v2/me?x=1"), Some("/api/v2/me?x=1")),
        (|| redirect("you"), Some("/api/v1/you")),
        (|| redirect("//evil.example/api/x"), Some("http://evil.example/api/x")),
        (|| redirect("https://files.example/x?signed"), Some("https://files.example/x?signed")),
        (|| redirect("javascript:alert(1)"), None),
    ];
    for (answer, location) in answers {
        let (setup, api, cookies) = with_api(answer).await;
        let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
        assert_eq!((answer.status, answer.header("location")), (307, location));
        assert_eq!(api.requests().len(), 1);
    }
    // The API's own origin, with a user name that must not appear in the page's address.
    let api = Router::new().fallback(|request: Request| async move {
        let host = request.headers()["host"].to_str().unwrap().to_owned();
        (StatusCode::FOUND, [("location", format!("http://AAAAAAAAAAAAAAAAAAAAAAAA:pw@{host}/api/x?y#z"))])
    });
    let origin = serve(api).await;
    let setup = Setup::with(|configuration| configuration.api_origin = Some(origin)).await;
    let cookies = setup.log_in().await;
    let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
    assert_eq!(answer.header("location"), Some("/api/x?y#z"));
    // Outside of /api/, the answer names the API's own URL, because this backend does not forward that path.
    let (setup, api, cookies) = with_api(|| redirect("/login")).await;
    let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
    assert_eq!(answer.header("location"), Some(format!("{}/login", api.origin).as_str()));
}

#[tokio::test]
async fn mounted_under_a_path_redirects_lead_there_too() {
    let api = Api::start(|| (StatusCode::FOUND, [("location", "/api/v2/me")]).into_response()).await;
    let server = AuthorizationServer::start().await;
    let mut configuration = configuration(&server.token_endpoint());
    configuration.api_origin = Some(api.origin.clone());
    let router = wicketgate_backend::router(configuration).unwrap();
    let alone = Setup { origin: serve(router.clone()).await, server };
    let cookies = alone.log_in().await;
    let mounted = serve(axum::Router::new().nest("/app", router)).await;
    let answer = from_page(&mounted, "GET", "/app/api/v1/me").cookies(&cookies).send().await;
    assert_eq!((answer.status, answer.header("location")), (302, Some("/app/api/v2/me")));
    assert_eq!(api.requests()[0].target, "/api/v1/me");
}

#[tokio::test]
async fn without_a_session_nothing_is_forwarded() {
    let (setup, api, _) = with_api(hello).await;
    setup.server.answer.lock().unwrap()["expires_in"] = serde_json::json!(0);
    let expired = setup.exchange(crate::setup::hand_off_with("code", "another")).await.cookies().0;
    for cookies in [vec![], expired, vec![("__Host-Http-wicketgate".into(), "1.garbage".into())]] {
        let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "no_session"));
        assert_secured(&answer);
    }
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn without_an_api_there_is_nothing_to_forward_to() {
    let setup = Setup::start().await;
    let cookies = setup.log_in().await;
    let answer = from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
    assert_eq!((answer.status, answer.error().as_str()), (404, "not_found"));
}

#[tokio::test]
async fn what_another_page_may_have_caused_is_not_forwarded() {
    let (setup, api, cookies) = with_api(hello).await;
    let foreign: [&[(&str, &str)]; 6] = [
        &[("origin", "https://evil.example")],
        &[("origin", "https://other.app.example"), ("x-requested-with", "wicketgate")],
        &[("origin", "null")],
        &[("origin", PAGE), ("origin", PAGE)],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ];
    for headers in foreign {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"] {
            let answer = call(&setup.origin, method, "/api/v1/me").headers(headers).cookies(&cookies).send().await;
            assert_eq!(answer.status, 403, "{method} {headers:?}");
        }
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"] {
        let answer =
            call(&setup.origin, method, "/api/v1/me").header("x-requested-with", "wicketgate").cookies(&cookies).send().await;
        assert_eq!(answer.status, 403, "{method} without Origin");
    }
    assert!(api.requests().is_empty());
    // A plain `fetch` of the page has no custom header, and on GET no Origin: then the browser, or the page, must say where the
    // request comes from.
    for method in ["GET", "HEAD"] {
        let ask = || call(&setup.origin, method, "/api/v1/me").cookies(&cookies);
        assert_eq!(ask().send().await.status, 403, "{method}");
        assert_eq!(ask().header("x-requested-with", "XMLHttpRequest").send().await.status, 403, "{method}");
        assert_eq!(api.requests().len(), 0, "{method}");
    }
    let signs =
        [("origin", PAGE), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none"), ("x-requested-with", "wicketgate")];
    for (name, value) in signs {
        let ask = call(&setup.origin, "GET", "/api/v1/me").header(name, value);
        assert_eq!(ask.cookies(&cookies).send().await.status, 200, "{name}: {value}");
    }
    assert_eq!(call(&setup.origin, "POST", "/api/v1/me").header("origin", PAGE).cookies(&cookies).send().await.status, 200);
}

#[tokio::test]
async fn a_method_that_would_show_the_token_is_not_forwarded() {
    let (setup, api, cookies) = with_api(hello).await;
    let answer = from_page(&setup.origin, "TRACE", "/api/v1/me").cookies(&cookies).send().await;
    assert_eq!((answer.status, answer.error().as_str()), (405, "invalid_request"));
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn an_api_that_is_down_is_temporarily_unavailable() {
    let log = crate::log::Log::capture();
    let origin = nobody().await;
    let setup = Setup::with(|configuration| configuration.api_origin = Some(origin)).await;
    let cookies = setup.log_in().await;
    let answer = from_page(&setup.origin, "GET", "/api/v1/me?q=MARKED-query").cookies(&cookies).send().await;
    assert_eq!((answer.status, answer.error().as_str()), (502, "temporarily_unavailable"));
    assert_secured(&answer);
    assert!(log.text().lines().any(|line| line.contains("API request failed") && line.contains("WICKETGATE_API_ORIGIN")));
    assert!(!log.text().contains(ACCESS_TOKEN));
}
