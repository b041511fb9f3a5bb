//! Apps that are not web pages: desktop and mobile apps, and browser extensions.

use std::rc::Rc;

use wicketgate::client::{BackendConfiguration, Client, Configuration, LoginOptions, LoginResult, Status};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, TestHost, block_on};
use crate::stage::*;

const APP: &str = "tauri://localhost/index.html";
const OWN: &str = "com.example.app:/callback";

fn app(redirect_uri: &str) -> Configuration {
    public().redirect_uri(redirect_uri).environment(true)
}

fn on(page: &str, configuration: Configuration) -> (TestHost, Rc<Client<TestHost>>) {
    let host = TestHost::new(1, page);
    let client = connect(&host, configuration);
    (host, client)
}

/// The outcome of the callback `url`, where `STATE` stands for the state of the login that was begun.
fn outcome(redirect_uri: &str, url: &str) -> (TestHost, Result<Rc<LoginResult>, Error>) {
    let (host, client) = on(APP, app(redirect_uri));
    let state = begin(&client);
    host.clear_log();
    host.answer(Answer::json(200, TOKENS));
    let outcome = block_on(client.handle_callback(Some(&url.replace("STATE", &state))));
    (host, outcome)
}

/// A link to the app that belongs to no login does not take the app's page away, whatever the configuration says: any page may open
/// such a link.
///
/// Source: RFC 8252 §8.1, §8.12
mod unknown_links {
    use wicketgate::client::OnUnknownTransaction;

    use super::*;

    #[test]
    fn they_begin_no_login() {
        let (host, client) = on(APP, app(OWN).on_unknown_transaction(OnUnknownTransaction::Restart));
        let link = format!("{OWN}?code=c&state={NOBODYS}");
        assert_eq!(code(block_on(client.handle_callback(Some(&link)))), "transaction_not_found");
        assert!(host.navigations().is_empty());
    }
}

/// The redirect URI of an app that is not a web page is an https URL, a loopback address, or of a scheme of the app's own. It is
/// sent byte for byte.
///
/// Source: RFC 8252 §7; RFC 9700 §2.6
mod redirect_uri {
    use super::*;

    #[test]
    fn a_scheme_of_the_apps_own_is_sent_as_it_is_written() {
        for uri in [OWN, "myapp://callback", "https://app.chromiumapp.org/", "http://127.0.0.1:4711/cb", "http://localhost/cb"] {
            let (_, client) = on(APP, app(uri));
            let url = client.authorization_url(&LoginOptions::new()).unwrap();
            assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some(uri));
        }
    }

    #[test]
    fn what_means_something_to_a_browser_is_refused() {
        for uri in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///callback",
            "blob:https://app.example/1",
            "http://app.example/callback",
            "com.example.app:/callback#x",
            "com.example.app:/a b",
            "1app:/callback",
            "callback",
            "",
        ] {
            let refused = try_connect(&TestHost::new(1, APP), app(uri)).err();
            assert_eq!(refused.expect(uri).code(), "invalid_config", "{uri}");
        }
        assert_eq!(code(try_connect(&TestHost::new(1, APP), public().redirect_uri(OWN))), "unsupported_environment");
    }

    #[test]
    fn a_web_page_has_none_of_another_origin_or_scheme() {
        for uri in [OWN, "https://app.chromiumapp.org/", "http://127.0.0.1:4711/cb"] {
            assert_eq!(code(try_connect(&tab(), public().redirect_uri(uri))), "invalid_config", "{uri}");
        }
        assert_eq!(code(try_connect(&TestHost::new(1, APP), public())), "unsupported_environment", "a page of another scheme");
    }

    #[test]
    fn it_is_required_and_goes_with_no_backend() {
        // As the JavaScript API has it: the module sees no function.
        let configuration = with(public().redirect_uri(OWN), r#"{"environment":{"open":null}}"#);
        assert!(try_connect(&TestHost::new(1, APP), configuration).is_ok());
        assert_eq!(code(try_connect(&tab(), with(public(), r#"{"environment":"desktop"}"#))), "invalid_config");
        let configuration = Configuration::new("client-1").metadata(metadata("")).environment(true);
        assert_eq!(code(try_connect(&TestHost::new(1, APP), configuration)), "invalid_config");
        let backend = BackendConfiguration::new().exchange_url("/x");
        assert_eq!(code(try_connect(&TestHost::new(1, APP), app(OWN).backend(backend))), "invalid_config");
    }
}

/// A callback that the platform brings is checked like that of a web page: it came to the redirect URI, and its `state` is that of
/// a login of this app.
///
/// Source: RFC 8252 §8.4, §8.9; RFC 9700 §2.1
mod callback_of_the_platform {
    use super::*;

    #[test]
    fn the_code_is_redeemed() {
        for (uri, callback) in [
            (OWN, "com.example.app:/callback?code=c&state=STATE"),
            (OWN, "com.example.app:///callback?code=c&state=STATE"),
            ("myapp://callback", "myapp://callback?code=c&state=STATE"),
            ("https://app.chromiumapp.org/", "https://app.chromiumapp.org/?code=c&state=STATE"),
            ("http://127.0.0.1:4711/cb", "http://127.0.0.1:4711/cb?code=c&state=STATE"),
        ] {
            let (host, outcome) = outcome(uri, callback);
            let result = outcome.unwrap_or_else(|error| panic!("{callback}: {error}"));
            assert_eq!((result.session.status, result.return_to.as_str()), (Status::SignedIn, "/index.html"));
            assert_eq!(host.purposes(), [Purpose::Token]);
            let body = host.requests()[0].body.clone().unwrap();
            assert!(body.contains(&format!("redirect_uri={}", uri.replace(':', "%3A").replace('/', "%2F"))), "{body}");
        }
    }

    #[test]
    fn a_url_of_another_app_or_place_is_refused() {
        for callback in [
            "com.example.other:/callback?code=c&state=STATE",
            "com.example.app:/other?code=c&state=STATE",
            "https://app.example/callback?code=c&state=STATE",
            "com.example.app:/callback?code=c&code=d&state=STATE",
            "javascript:/callback?code=c&state=STATE",
            "callback?code=c&state=STATE",
            "",
        ] {
            let (host, outcome) = outcome(OWN, callback);
            assert_eq!(code(outcome), "callback_malformed", "{callback}");
            assert!(host.requests().is_empty());
        }
    }

    #[test]
    fn an_unknown_state_is_refused() {
        let (host, outcome) = outcome(OWN, &format!("com.example.app:/callback?code=c&state={NOBODYS}"));
        assert_eq!(code(outcome), "transaction_not_found");
        assert!(host.requests().is_empty());
    }

    #[test]
    fn only_callbacks_of_the_redirect_uri_are_callbacks() {
        let (_, client) = on(APP, app(OWN));
        let state = begin(&client);
        assert!(client.is_callback(Some(&format!("com.example.app:/callback?code=c&state={state}"))));
        for url in [&format!("com.example.other:/callback?code=c&state={state}"), "com.example.app:/callback", "myapp://x"] {
            assert!(!client.is_callback(Some(url)), "{url}");
        }
        assert!(!client.is_callback(None), "the page's own address");
    }

    #[test]
    fn no_part_of_the_callback_is_in_an_error() {
        let (_, outcome) = outcome(OWN, "com.example.other:callback?code=SECRET&state=STATE");
        let error = outcome.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("SECRET"));
    }
}
