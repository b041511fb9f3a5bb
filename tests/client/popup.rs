//! A login in another window: a popup or a hidden frame, and the page that waits for its response.

use std::rc::Rc;

use wicketgate::client::{BackendConfiguration, Client, Configuration, LoginElsewhere, LoginOptions, LoginResult, Status};
use wicketgate::host::Host;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, Event, Task, TestHost, block_on, join};
use crate::stage::*;

/// A page that has begun a login in another window.
struct Opener {
    host: TestHost,
    client: Rc<Client<TestHost>>,
    login: LoginElsewhere,
}

fn opener(configuration: Configuration) -> Opener {
    opener_with(configuration, &LoginOptions::new())
}

fn opener_with(configuration: Configuration, options: &LoginOptions) -> Opener {
    let host = tab();
    let client = connect(&host, configuration);
    let login = block_on(client.begin_elsewhere(options)).unwrap();
    host.clear_log();
    Opener { host, client, login }
}

fn silent(configuration: Configuration) -> Opener {
    let host = tab();
    let client = connect(&host, configuration);
    let login = block_on(client.begin_silently(&LoginOptions::new())).unwrap();
    host.clear_log();
    Opener { host, client, login }
}

impl Opener {
    /// The outcome of the wait, while `meanwhile` happens.
    fn wait(&self, meanwhile: impl FnOnce() + 'static) -> Result<Rc<LoginResult>, Error> {
        let state = self.login.state.clone();
        let wait = Task::new(async move { self.client.answer_elsewhere(&state).await });
        let meanwhile = Task::new(async move {
            // The wait begins first.
            for _ in 0..4 {
                crate::host::yield_now().await;
            }
            meanwhile();
            Err(Error::from(wicketgate::ErrorKind::Aborted))
        });
        join(vec![wait, meanwhile]).remove(0)
    }

    fn channel(&self) -> String {
        format!("wicketgate.{}", self.login.state)
    }

    /// The outcome if this message comes.
    fn hear(&self, message: &str) -> Result<Rc<LoginResult>, Error> {
        let (host, channel, message) = (self.host.clone(), self.channel(), message.to_owned());
        self.wait(move || assert!(host.send_on(&channel, &message)))
    }

    fn is_pending(&self) -> bool {
        self.host.store_content().contains_key(&key(&self.login.state))
    }
}

/// The page of another window at `url`, which handles the callback there.
fn arrive_elsewhere(host: &TestHost, configuration: Configuration, url: &str) -> (TestHost, Task<'static, Result<(), Error>>) {
    let window = host.another_tab(url);
    let client = connect(&window, configuration);
    (window, Task::new(async move { client.handle_callback(None).await.map(drop) }))
}

/// Each login in another window has a `state` of its own, with 256 bits of the CSPRNG and a mark, by which the page at the
/// redirect URI knows that another page waits. No other login has the mark.
///
/// Source: RFC 6749 §4.1.1, §10.12; RFC 9700 §4.7
mod mark {
    use super::*;

    #[test]
    fn the_state_has_256_bits_and_the_mark() {
        let Opener { host, client, login } = opener(public());
        let sent = parameter(&login.url, "state").unwrap();
        assert_eq!(sent, login.state);
        let bits = sent.strip_suffix(".w").expect("the mark");
        assert_eq!(bits.len(), 43);
        assert!(host.store_content().contains_key(&key(&sent)), "the transaction lies where the code is redeemed");
        let another = block_on(client.begin_elsewhere(&LoginOptions::new())).unwrap();
        assert_ne!(another.state, login.state);
    }

    #[test]
    fn its_debug_output_shows_nothing() {
        let login = opener(openid()).login;
        let nonce = parameter(&login.url, "nonce").unwrap();
        let shown = format!("{login:?} {login:#?}");
        assert!(!shown.contains(&login.state) && !shown.contains(&nonce), "{shown}");
    }

    #[test]
    fn no_other_login_has_the_mark() {
        let host = tab();
        assert!(!begun(&host, public()).contains('.'));
    }
}

/// The window redeems nothing. It removes the response from its address, hands the whole URL to the page that waits, on a channel
/// that only a page with the `state` can know, and closes. If no page waits, the response is refused.
///
/// Source: RFC 9700 §4.2, §4.17
mod hand_over {
    use super::*;

    #[test]
    fn the_page_that_waits_redeems_the_code_and_the_window_closes() {
        let opener = opener_with(openid(), &LoginOptions::new().return_to("/orders").app_state("a"));
        opener.host.answer(Answer::json(200, &openid_tokens(&opener.host, &opener.login.state, "")));
        let (window, arrival) = arrive_elsewhere(&opener.host, openid(), &callback(&opener.login.state));
        let state = opener.login.state.clone();
        let client = opener.client.clone();
        let wait =
            Task::new(async move { client.answer_elsewhere(&state).await.map(|result| assert_eq!(result.return_to, "/orders")) });
        let mut both = vec![wait, arrival];
        while both.iter_mut().map(Task::step).fold(false, |any, one| any | one) | opener.host.run_tasks_once() {}
        assert!(both.remove(0).output().is_ok());
        assert!(!both[0].is_done(), "the window is about to close");
        assert_eq!(opener.client.session().status, Status::SignedIn);
        assert_eq!(opener.host.purposes(), [Purpose::Token, Purpose::Keys], "the page that waits has redeemed the code");
        assert!(window.requests().is_empty(), "the window has sent nothing");
        assert_eq!(window.events(), [Event::PageUrl(CALLBACK.into()), Event::Closed], "cleaned, and then closed");
        assert!(window.store_content().is_empty() && window.origin_content().is_empty(), "the code lies in no store");
    }

    #[test]
    fn without_a_page_that_waits_it_is_refused() {
        for patience in [10_000, 3_000] {
            let host = tab();
            let configuration = public().request_timeout(core::time::Duration::from_millis(patience));
            let (window, mut arrival) = arrive_elsewhere(&host, configuration, &callback(&format!("{NOBODYS}.w")));
            while arrival.step() {}
            window.pass(patience - 1);
            assert!(!arrival.step() || !arrival.is_done(), "the page that waits may be asleep");
            window.pass(1);
            while arrival.step() {}
            assert_eq!(code(arrival.output()), "transaction_not_found");
            assert!(window.requests().is_empty());
            assert!(!window.events().contains(&Event::Closed), "the user sees why");
        }
    }

    #[test]
    fn a_window_that_stays_says_so() {
        let opener = opener(public());
        let (window, mut arrival) = arrive_elsewhere(&opener.host, public(), &callback(&opener.login.state));
        opener.host.answer(Answer::json(200, TOKENS));
        let state = opener.login.state.clone();
        let mut wait = Task::new(async { opener.client.answer_elsewhere(&state).await });
        while wait.step() | arrival.step() | window.run_tasks_once() {}
        window.pass(2_000);
        while arrival.step() {}
        let error = arrival.output().unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("navigation_cancelled", false));
    }

    #[test]
    fn a_copy_of_the_transaction_in_the_window_is_not_used() {
        // A browser copies the store of the tab into a window that a script opens.
        let opener = opener(public());
        let window = opener.host.another_tab(&callback(&opener.login.state));
        for (key, value) in opener.host.store_content() {
            window.plant(&key, &value);
        }
        let client = connect(&window, public());
        let mut arrival = Task::new(async move { client.handle_callback(None).await });
        while arrival.step() {}
        window.pass(10_000);
        while arrival.step() {}
        assert_eq!(code(arrival.output()), "transaction_not_found");
        assert!(window.requests().is_empty());
    }
}

/// The page that waits believes nothing in a message. It takes only the URL of a response with the `state` for which it waits,
/// and checks it like every callback. Everything else leaves the wait as it is.
///
/// Source: RFC 6749 §10.12; RFC 9700 §2.1, §4.4, §4.17
mod message {
    use super::*;

    #[test]
    fn anything_else_is_not_heard() {
        let other = opener(public());
        let state = &other.login.state;
        for message in [
            "",
            "x",
            "javascript:alert(1)",
            "/callback?code=c",
            r#"{"error":"access_denied"}"#,
            CALLBACK,
            &format!("{CALLBACK}?state={state}"),
            &callback(NOBODYS),
            &callback(&format!("{NOBODYS}.w")),
            &callback(state.trim_end_matches(".w")),
            &format!("{CALLBACK}?error=access_denied"),
        ] {
            let opener = opener(public());
            opener.host.answer(Answer::json(200, TOKENS));
            let message = message.replace(state.as_str(), if message.contains(".w") { NOBODYS } else { &opener.login.state });
            let (host, channel) = (opener.host.clone(), opener.channel());
            let right = callback(&opener.login.state);
            let mut wait = Task::new(async { opener.client.answer_elsewhere(&opener.login.state).await });
            while wait.step() {}
            assert!(host.send_on(&channel, &message), "{message}");
            while wait.step() {}
            assert!(!wait.is_done() && host.requests().is_empty(), "{message}");
            assert!(host.send_on(&channel, &right), "{message}: the page waits on");
            while wait.step() | host.run_tasks_once() {}
            assert!(wait.output().is_ok(), "{message}");
        }
    }

    #[test]
    fn the_response_is_checked_like_every_callback() {
        let cases = [
            ("https://app.example/other?code=c&state=STATE", "callback_malformed"),
            ("https://evil.example/callback?code=c&state=STATE", "callback_malformed"),
            ("https://app.example/callback?code=c&code=d&state=STATE", "callback_malformed"),
            ("https://app.example/callback?code=c&error=e&state=STATE", "callback_malformed"),
            ("https://app.example/callback?code=c&state=STATE&iss=https://evil.example", "issuer_mismatch"),
            ("https://app.example/callback?error=access_denied&state=STATE", "authorization_failed"),
        ];
        for (url, expected) in cases {
            let opener = opener_with(public(), &LoginOptions::new());
            let outcome = opener.hear(&url.replace("STATE", &opener.login.state));
            assert_eq!(code(outcome), expected, "{url}");
            assert!(opener.host.requests().is_empty(), "{url}");
            assert_eq!(opener.client.session().status, Status::SignedOut);
            assert!(
                !opener.host.store_content().values().any(|entry| entry.contains("code_verifier")),
                "{url}: nobody waits any more"
            );
        }
    }

    #[test]
    fn an_error_says_where_the_login_was_to_lead() {
        let opener = opener_with(public(), &LoginOptions::new().return_to("/orders"));
        let url = format!("{CALLBACK}?error=access_denied&state={}", opener.login.state);
        let error = opener.hear(&url).unwrap_err();
        assert_eq!(error.return_to(), Some("/orders"));
        assert_eq!(error.oauth().unwrap().error, "access_denied");
    }

    #[test]
    fn the_pages_own_address_stays() {
        let opener = opener(public());
        opener.host.answer(Answer::json(200, TOKENS));
        opener.hear(&callback(&opener.login.state)).unwrap();
        assert_eq!(opener.host.page_url(), PAGE);
    }

    #[test]
    fn a_response_is_used_once() {
        let opener = opener(public());
        opener.host.answer(Answer::json(200, TOKENS));
        opener.hear(&callback(&opener.login.state)).unwrap();
        assert_eq!(opener.host.requests().len(), 1);
        assert_eq!(code(block_on(opener.client.answer_elsewhere(&opener.login.state))), "transaction_not_found");
        assert!(opener.host.channels().is_empty());
    }
}

/// A wait ends with the response, after `transactionLifetime`, or when the caller stops it. From then on nobody can complete the
/// login. A response that is there already is handled to its end.
///
/// Source: RFC 9700 §2.1, §4.7
mod end_of_a_wait {
    use super::*;

    #[test]
    fn it_ends_with_the_lifetime_of_the_login() {
        let opener = opener(public());
        let mut wait = Task::new(async { opener.client.answer_elsewhere(&opener.login.state).await });
        while wait.step() {}
        opener.host.pass(LIFETIME - 1);
        assert!(!wait.step() || !wait.is_done());
        opener.host.pass(1);
        while wait.step() {}
        assert_eq!(code(wait.output()), "transaction_expired");
        assert!(!opener.is_pending());
    }

    #[test]
    fn a_wait_that_is_stopped_ends_and_nobody_can_complete_the_login() {
        let opener = opener(public());
        let client = opener.client.clone();
        let state = opener.login.state.clone();
        assert_eq!(code(opener.wait(move || assert!(client.stop_waiting(&state)))), "aborted");
        assert!(!opener.is_pending(), "the verifier is gone");
        assert!(opener.host.channels().is_empty());
        let (window, mut arrival) = arrive_elsewhere(&opener.host, public(), &callback(&opener.login.state));
        while arrival.step() {}
        window.pass(10_000);
        while arrival.step() {}
        assert_eq!(code(arrival.output()), "transaction_not_found");
        assert!(!opener.client.stop_waiting(&opener.login.state), "there is nothing to stop");
    }

    #[test]
    fn it_may_be_stopped_before_anybody_waits() {
        let opener = opener(public());
        assert!(opener.client.stop_waiting(&opener.login.state));
        assert!(!opener.is_pending());
        assert_eq!(code(block_on(opener.client.answer_elsewhere(&opener.login.state))), "aborted");
    }

    #[test]
    fn a_response_that_is_there_is_handled_to_its_end() {
        let opener = opener(public());
        let (client, state) = (opener.client.clone(), opener.login.state.clone());
        opener.host.answer_after(Answer::json(200, TOKENS), move |_| assert!(!client.stop_waiting(&state)));
        opener.hear(&callback(&opener.login.state)).unwrap();
        assert_eq!(opener.client.session().status, Status::SignedIn);
    }

    #[test]
    fn one_wait_does_not_end_another() {
        let opener = opener(public());
        let another = block_on(opener.client.begin_elsewhere(&LoginOptions::new())).unwrap();
        assert!(opener.client.stop_waiting(&another.state));
        opener.host.answer(Answer::json(200, TOKENS));
        opener.hear(&callback(&opener.login.state)).unwrap();
    }

    #[test]
    fn a_page_that_has_begun_no_such_login_waits_for_none() {
        let client = connect(&tab(), public());
        assert_eq!(code(block_on(client.answer_elsewhere(&format!("{NOBODYS}.w")))), "transaction_not_found");
        assert!(!client.stop_waiting(NOBODYS));
    }
}

/// A silent login sends `prompt=none`. It waits for twice the time of a request, and then says what keeps a frame from answering.
///
/// Source: OIDC Core §3.1.2.1, §3.1.2.6
mod silent_login {
    use super::*;

    #[test]
    fn it_sends_prompt_none() {
        let opener = silent(openid());
        assert_eq!(parameter(&opener.login.url, "prompt").as_deref(), Some("none"));
        let error = block_on(opener.client.begin_silently(&LoginOptions::new().prompt("login"))).unwrap_err();
        assert_eq!(error.code(), "invalid_option");
    }

    #[test]
    fn the_servers_refusal_is_told_as_the_server_said_it() {
        let opener = silent(openid());
        let url = format!("{CALLBACK}?error=login_required&state={}", opener.login.state);
        let error = opener.hear(&url).unwrap_err();
        assert_eq!((error.code(), error.oauth().unwrap().error.as_str()), ("authorization_failed", "login_required"));
    }

    #[test]
    fn a_frame_that_brings_nothing_has_an_error_of_its_own() {
        let opener = silent(openid().request_timeout(core::time::Duration::from_secs(4)));
        let mut wait = Task::new(async { opener.client.answer_elsewhere(&opener.login.state).await });
        while wait.step() {}
        opener.host.pass(7_999);
        assert!(!wait.step() || !wait.is_done());
        opener.host.pass(1);
        while wait.step() {}
        let error = wait.output().unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("unsupported_environment", false));
        assert!(error.hint().contains("X-Frame-Options"));

        let opener = silent(openid());
        let (client, state) = (opener.client.clone(), opener.login.state.clone());
        assert_eq!(code(opener.wait(move || assert!(client.stop_waiting(&state)))), "unsupported_environment");
    }

    #[test]
    fn it_signs_in() {
        let opener = silent(openid());
        opener.host.answer(Answer::json(200, &openid_tokens(&opener.host, &opener.login.state, "")));
        opener.hear(&callback(&opener.login.state)).unwrap();
        assert_eq!(opener.client.session().status, Status::SignedIn);
    }
}

/// The page that waits hands the code to its backend, as ever. A login that is the backend's own sends no response to a page.
///
/// Source: RFC 10017 §6.1
mod at_the_backend {
    use super::*;

    #[test]
    fn the_page_that_waits_hands_the_code_to_the_backend() {
        let opener = opener(with_backend());
        opener.host.answer(Answer::json(200, r#"{"claims":{"sub":"ada"}}"#));
        opener.hear(&callback(&opener.login.state)).unwrap();
        assert_eq!(opener.host.purposes(), [Purpose::HandOff]);
    }

    #[test]
    fn the_backend_begins_the_login_first() {
        let host = tab();
        let backend = BackendConfiguration::new().exchange_url("/session/exchange").begin_url("/session/begin");
        host.answer(Answer::json(200, r#"{"nonce":"n-1"}"#));
        let client = connect(&host, public().backend(backend));
        let login = block_on(client.begin_elsewhere(&LoginOptions::new())).unwrap();
        assert_eq!(parameter(&login.url, "nonce").as_deref(), Some("n-1"));
        assert_eq!(host.purposes(), [Purpose::Begin]);
    }

    #[test]
    fn a_login_of_the_backends_own_is_refused() {
        let backend = BackendConfiguration::new().login_url("/session/login");
        let client = connect(&tab(), public().backend(backend));
        assert_eq!(code(block_on(client.begin_elsewhere(&LoginOptions::new()))), "unsupported_environment");
    }
}
