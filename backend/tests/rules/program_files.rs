//! The app's files, served by the program beside the routes.

use crate::http::{Answer, call};
use crate::program::{Program, command, sentence};
use crate::program_settings::Folder;
use crate::servers::AuthorizationServer;
use crate::setup::{Setup, from_page};

const INDEX: &str = "<!doctype html><title>The app</title>";

fn app(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("index.html", INDEX);
    folder.write("favicon.svg", "<svg/>");
    folder.write("assets/index-BxY12abc.js", "console.log('the app, at length')");
    folder.write("assets/index-BxY12abc.js.br", "brotli");
    folder.write("assets/index-BxY12abc.js.gz", "gzip");
    folder.write("assets/plain.js", "1");
    folder.write(".env", "SECRET=1");
    folder.write("assets/.env", "SECRET=2");
    folder.write("assets/.git/config", "SECRET=3");
    folder.write(".well-known/security.txt", "Contact: a");
    folder
}

async fn start(folder: &Folder, variables: &[(&str, &str)]) -> (Program, Setup) {
    let server = AuthorizationServer::start().await;
    let mut command = command(&server.token_endpoint());
    command.env("WICKETGATE_STATIC", folder.path()).envs(variables.iter().copied());
    let program = Program::start(command).await;
    let setup = Setup { origin: program.origin.clone(), server };
    (program, setup)
}

async fn ask(setup: &Setup, path: &str, fields: &[(&str, &str)]) -> Answer {
    call(&setup.origin, "GET", path).headers(fields).send().await
}

#[tokio::test]
async fn a_path_without_a_file_shows_the_app_and_a_file_that_is_gone_does_not() {
    let folder = app("fallback");
    let (_program, setup) = start(&folder, &[]).await;
    let navigation = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for (path, fields) in [
        ("/", &[][..]),
        ("/index.html", &[]),
        ("/orders/17", &[]),
        ("/orders/17?code=1", &[("accept", "*/*")]),
        ("/users/ada.lovelace", &navigation),
        ("/assets", &navigation),
        ("/assets/", &navigation),
        ("/callback?code=a&state=b", &navigation),
    ] {
        let answer = ask(&setup, path, fields).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, INDEX), "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
        assert_eq!(answer.header("last-modified"), None, "{path}");
    }
    // A build may give all files the same time: the page of an earlier build must not count as unchanged.
    let later = [("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")];
    for path in ["/", "/index.html", "/orders/17"] {
        assert_eq!(ask(&setup, path, &later).await.status, 200, "{path}");
    }
    assert_eq!(ask(&setup, "/favicon.svg", &later).await.status, 304);
    for path in ["/assets/index-Gone1234.js", "/assets/gone.css", "/favicon.ico"] {
        for fields in [&[][..], &[("accept", "*/*")], &[("accept", "image/avif,image/webp,*/*;q=0.8")]] {
            assert_eq!(ask(&setup, path, fields).await.status, 404, "{path}");
        }
    }
    let head = call(&setup.origin, "HEAD", "/orders/17").send().await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(call(&setup.origin, "POST", "/orders/17").send().await.status, 405);
}

#[tokio::test]
async fn the_routes_stand_before_the_files() {
    let folder = app("routes");
    folder.write("api/data.json", "{}");
    folder.write("auth/session", "a file");
    let (_program, setup) = start(&folder, &[]).await;
    let session = from_page(&setup.origin, "GET", "/auth/session").send().await;
    assert_eq!((session.status, session.error().as_str()), (401, "no_session"));
    for path in ["/api/data.json", "/api/x"] {
        assert_eq!(from_page(&setup.origin, "GET", path).send().await.error(), "not_found", "{path}");
    }
    assert_eq!(ask(&setup, "/healthz", &[]).await.body, "ok");
    assert_eq!(ask(&setup, "/readyz", &[]).await.status, 200);
}

#[tokio::test]
async fn a_file_whose_name_has_its_hash_is_kept_for_ever_and_others_are_asked_for() {
    let folder = app("caching");
    let (_program, setup) = start(&folder, &[]).await;
    for (path, caching) in [
        ("/assets/index-BxY12abc.js", "public, max-age=31536000, immutable"),
        ("/assets/plain.js", "no-cache"),
        ("/favicon.svg", "no-cache"),
    ] {
        let answer = ask(&setup, path, &[]).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some(caching)), "{path}");
    }
    let gone = ask(&setup, "/assets/index-Gone1234.js", &[]).await;
    assert_eq!(gone.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_file_that_was_compressed_beforehand_is_served_so_to_those_who_accept_it() {
    let folder = app("compressed");
    let (_program, setup) = start(&folder, &[]).await;
    for (accepted, encoding, body) in [
        ("br, gzip", Some("br"), "brotli"),
        ("gzip", Some("gzip"), "gzip"),
        ("identity", None, "console.log('the app, at length')"),
    ] {
        let answer = ask(&setup, "/assets/index-BxY12abc.js", &[("accept-encoding", accepted)]).await;
        assert_eq!((answer.header("content-encoding"), answer.body.as_str()), (encoding, body));
        assert_eq!(answer.header("content-type"), Some("text/javascript"));
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
    }
}

#[tokio::test]
async fn a_hidden_file_and_one_outside_of_the_folder_are_not_served() {
    let folder = app("hidden");
    let (_program, setup) = start(&folder, &[]).await;
    for path in [
        "/.env",
        "/%2eenv",
        "/%2Eenv",
        "/assets/../.env",
        "/../hidden.txt",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/.git/config",
        "/assets/.env",
        "/assets%2f.env",
        "/assets%2F%2eenv",
        "/assets%2f.git%2fconfig",
        "/assets/.git%2fconfig",
        "/assets%5c.env",
        "/.well-known%2f..%2f.env",
    ] {
        let answer = ask(&setup, path, &[("accept", "text/html")]).await;
        assert!(matches!(answer.status, 400 | 404), "{path}");
        assert!(!answer.body.contains("SECRET") && !answer.body.contains("root:"), "{path}");
    }
    assert_eq!(ask(&setup, "/.well-known/security.txt", &[]).await.body, "Contact: a");
}

#[tokio::test]
async fn every_file_has_a_policy_with_the_issuer_in_it() {
    let folder = app("policy");
    let issuer = [("WICKETGATE_ISSUER", "https://login.example:8443/realms/a")];
    let (_program, setup) = start(&folder, &issuer).await;
    for path in ["/", "/assets/index-BxY12abc.js", "/gone.js"] {
        let answer = ask(&setup, path, &[]).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("connect-src 'self' https://login.example:8443;"), "{path}: {policy}");
        // A frame to the server would tell a script the code: in the report of a policy that forbids the callback.
        for part in
            ["default-src 'self'", "object-src 'none'", "frame-ancestors 'self'", "frame-src 'self';", "'wasm-unsafe-eval'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("'unsafe-eval'") && !policy.contains("script-src 'self' 'unsafe-inline'"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("strict-transport-security", "max-age=31536000"),
            ("x-frame-options", "SAMEORIGIN"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
    }
    let (_program, setup) = start(&folder, &[]).await;
    assert!(ask(&setup, "/", &[]).await.header("content-security-policy").unwrap().contains("connect-src 'self';"));
    let own = [("WICKETGATE_CONTENT_SECURITY_POLICY", "default-src 'self' https://cdn.example")];
    let (_program, setup) = start(&folder, &own).await;
    let answer = ask(&setup, "/", &[]).await;
    assert_eq!(answer.header("content-security-policy"), Some("default-src 'self' https://cdn.example"));
    assert_eq!(answer.header("x-frame-options"), None);
}

#[tokio::test]
async fn a_folder_that_holds_no_app_ends_it_with_a_sentence() {
    let folder = Folder::new("no-app");
    let mut command = command("https://server.example/token");
    command.env("WICKETGATE_STATIC", folder.path());
    let sentence = sentence(command).await;
    assert!(sentence.starts_with("WICKETGATE_STATIC is not a folder with an index.html in it: "), "{sentence}");
}
