//! Several APIs: which path leads to which API.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use wicketgate_backend::ApiRoute;

use crate::servers::{Api, json_answer};
use crate::setup::{ACCESS_TOKEN, Setup, from_page};

async fn start() -> Api {
    Api::start(|| json_answer(200, &serde_json::json!({}))).await
}

#[tokio::test]
async fn a_path_leads_to_the_api_with_the_longest_prefix_that_fits() {
    let (replaced, kept, exact, nested) = (start().await, start().await, start().await, start().await);
    let setup = Setup::with(|configuration| {
        configuration.api = vec![
            ApiRoute::new("/api/", format!("{}/v2/", replaced.origin)),
            ApiRoute::new("/files/", format!("{}/files", kept.origin)),
            ApiRoute::new("/graphql", format!("{}/", exact.origin)),
            ApiRoute::new("/api/reports/", format!("{}/made/by", nested.origin)),
        ];
    })
    .await;
    let cookies = setup.log_in().await;
    for (path, api, target) in [
        ("/api/me?a=1", &replaced, "/v2/me?a=1"),
        ("/api/", &replaced, "/v2/"),
        ("/api/reportsx/1", &replaced, "/v2/reportsx/1"),
        ("/files/a%20b/", &kept, "/files/a%20b/"),
        ("/graphql", &exact, "/"),
        ("/graphql?query=%7B%7D", &exact, "/?query=%7B%7D"),
        ("/graphql/schema", &exact, "/schema"),
        ("/api/reports/1", &nested, "/made/by/1"),
    ] {
        let answer = from_page(&setup.origin, "GET", path).cookies(&cookies).send().await;
        assert_eq!(answer.status, 200, "{path}");
        let request = api.requests().last().cloned().unwrap_or_else(|| panic!("{path} did not arrive"));
        assert_eq!(request.target, target, "{path}");
        assert_eq!(request.headers["authorization"], format!("Bearer {ACCESS_TOKEN}"), "{path}");
        assert_eq!(request.headers["host"], api.origin.trim_start_matches("http://"), "{path}");
    }
    let all = || [&replaced, &kept, &exact, &nested].iter().map(|api| api.requests().len()).sum::<usize>();
    let arrived = all();
    for path in ["/api", "/graphqlx", "/other", "/API/me", "/%61pi/me", "/files"] {
        let answer = from_page(&setup.origin, "GET", path).cookies(&cookies).send().await;
        assert_eq!(answer.status, 404, "{path}");
    }
    for path in ["/api/../files/x", "/graphql/../x", "/graphql/%2e%2e/x", "/files//x"] {
        let answer = from_page(&setup.origin, "GET", path).cookies(&cookies).send().await;
        assert!(matches!(answer.status, 400 | 404), "{path}");
    }
    assert_eq!(all(), arrived);
}

#[tokio::test]
async fn a_redirect_within_any_api_leads_the_page_through_here_again() {
    let api = Api::start(|| (StatusCode::FOUND, [("location", "/v2/you?x#y")]).into_response()).await;
    let setup = Setup::with(|configuration| {
        configuration.api = vec![
            ApiRoute::new("/api/", format!("{}/v2/", api.origin)),
            ApiRoute::new("/graphql", format!("{}/v3/query", api.origin)),
        ];
    })
    .await;
    let cookies = setup.log_in().await;
    for path in ["/api/me", "/graphql", "/graphql/x"] {
        let answer = from_page(&setup.origin, "GET", path).cookies(&cookies).send().await;
        assert_eq!(answer.header("location"), Some("/api/you?x#y"), "{path}");
    }
    let api = Api::start(|| (StatusCode::FOUND, [("location", "query")]).into_response()).await;
    let route = |prefix: &str, path: &str| ApiRoute::new(prefix, format!("{}{path}", api.origin));
    let setup =
        Setup::with(|configuration| configuration.api = vec![route("/graphql", "/v3/query"), route("/api/", "/v2/")]).await;
    let cookies = setup.log_in().await;
    for (path, location) in [("/graphql", "/graphql".to_owned()), ("/api/a/b", "/api/a/query".to_owned())] {
        let answer = from_page(&setup.origin, "GET", path).cookies(&cookies).send().await;
        assert_eq!(answer.header("location"), Some(location.as_str()), "{path}");
    }
}
