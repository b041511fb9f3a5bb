//! The session: snapshots, listeners, the access token, the end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wicketgate::client::{Client, LogoutOptions, Page, Session, Status};
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, Task, TestHost, block_on, join};
use crate::stage::*;

/// A client on a callback page whose code will be exchanged for tokens.
fn about_to_log_in() -> Rc<Client<TestHost>> {
    let host = tab();
    let state = begun(&host, public());
    host.answer(Answer::json(200, TOKENS));
    connect(&host.next_page(&callback(&state)), public())
}

/// The notified listeners, each with its snapshot.
type Heard = Rc<RefCell<Vec<(u8, Rc<Session>)>>>;

fn finish(client: &Client<TestHost>) {
    block_on(client.handle_callback(None)).unwrap();
}

#[test]
fn the_snapshot_is_the_same_until_something_changes() {
    let client = about_to_log_in();
    let signed_out = client.session();
    assert_eq!(signed_out.status, Status::SignedOut);
    assert!(Rc::ptr_eq(&signed_out, &client.session()));
    finish(&client);
    let signed_in = client.session();
    assert!(!Rc::ptr_eq(&signed_out, &signed_in));
    assert!(Rc::ptr_eq(&signed_in, &client.session()));
    assert_eq!(signed_out.status, Status::SignedOut, "a snapshot does not change");
    assert_eq!(signed_in.to_json(), json(r#"{"status":"signed-in","tokenType":"Bearer","expiresAt":1800003600}"#));
}

#[test]
fn listeners_hear_of_every_change_until_their_subscription_is_dropped() {
    let client = about_to_log_in();
    let heard = Heard::default();
    let listen = |number: u8| {
        let heard = heard.clone();
        client.subscribe(move |session| heard.borrow_mut().push((number, session.clone())))
    };
    let (one, _two) = (listen(1), listen(2));
    assert!(heard.borrow().is_empty(), "nothing has changed yet");
    finish(&client);
    assert_eq!(heard.borrow().iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2]);
    assert!(heard.borrow().iter().all(|(_, session)| Rc::ptr_eq(session, &client.session())));
    drop(one);
    log_out(&client).unwrap();
    assert_eq!(heard.borrow().last().map(|(number, session)| (*number, session.status)), Some((2, Status::SignedOut)));
    assert_eq!(heard.borrow().len(), 3);
    log_out(&client).unwrap();
    assert_eq!(heard.borrow().len(), 3, "nothing changed");
}

#[test]
fn a_listener_may_unsubscribe_itself() {
    let client = about_to_log_in();
    let calls = Rc::new(Cell::new(0));
    let own = Rc::new(Cell::new(None));
    let (counter, ending) = (calls.clone(), own.clone());
    let subscription = client.subscribe(move |_| {
        counter.set(counter.get() + 1);
        drop(ending.take());
    });
    own.set(Some(subscription));
    finish(&client);
    log_out(&client).unwrap();
    assert_eq!(calls.get(), 1);
}

#[test]
fn a_listener_that_was_unsubscribed_is_not_called_any_more() {
    let client = about_to_log_in();
    let (second, calls) = (Rc::new(Cell::new(None)), Rc::new(Cell::new(0)));
    let ending = second.clone();
    let _first = client.subscribe(move |_| drop(ending.take()));
    let counter = calls.clone();
    second.set(Some(client.subscribe(move |_| counter.set(counter.get() + 1))));
    finish(&client);
    assert_eq!(calls.get(), 0);
}

#[test]
fn a_listener_may_own_the_subscription_of_another() {
    let client = about_to_log_in();
    let calls = Rc::new(Cell::new(0));
    let counter = calls.clone();
    let owned = client.subscribe(move |_| counter.set(counter.get() + 1));
    let owner = client.subscribe(move |_| {
        let _ = &owned;
    });
    drop(owner);
    finish(&client);
    assert_eq!(calls.get(), 0, "both have ended");
}

#[test]
fn a_listener_may_end_the_session() {
    let client = about_to_log_in();
    let ending = client.clone();
    let _subscription = client.subscribe(move |session| {
        if session.status == Status::SignedIn {
            log_out(&ending).unwrap();
        }
    });
    let last = Rc::new(RefCell::new(None));
    let told = last.clone();
    let _subscription = client.subscribe(move |session| {
        told.replace(Some(session.status));
    });
    finish(&client);
    assert_eq!(client.session().status, Status::SignedOut);
    assert_eq!(*last.borrow(), Some(Status::SignedOut), "what a listener hears last is what holds");
    assert_eq!(code(access_token(&client, 0)), "no_session");
}

#[test]
fn a_listener_may_ask_and_subscribe() {
    let client = about_to_log_in();
    let (asking, late) = (client.clone(), Rc::new(Cell::new(0)));
    let counter = late.clone();
    let _subscription = client.subscribe(move |session| {
        assert!(Rc::ptr_eq(session, &asking.session()));
        assert_eq!(access_token(&asking, 0).is_ok(), session.status == Status::SignedIn);
        let counter = counter.clone();
        asking.subscribe(move |_| counter.set(counter.get() + 1)).forget();
    });
    finish(&client);
    assert_eq!(late.get(), 0, "it subscribed to later changes");
    log_out(&client).unwrap();
    assert_eq!(late.get(), 1);
}

#[test]
fn the_access_token_is_good_for_as_long_as_was_asked() {
    let host = tab();
    let state = begun(&host, public());
    let page = host.next_page(&callback(&state));
    let client = connect(&page, public());
    assert_eq!(code(access_token(&client, 0)), "no_session");
    host.answer(Answer::json(200, TOKENS));
    finish(&client);
    assert_eq!(access_token(&client, 3_599_999).unwrap(), "at-1");
    assert_eq!(code(access_token(&client, 3_600_000)), "no_session");
    assert_eq!(code(access_token(&client, u64::MAX)), "no_session");
    page.pass(3_599_999);
    assert!(access_token(&client, 0).is_ok());
    page.pass(1);
    assert_eq!(code(access_token(&client, 0)), "no_session");
    assert_eq!(client.session().status, Status::Expired);
}

#[test]
fn a_token_of_unknown_lifetime_is_taken_to_be_good() {
    let client = logged_in(&tab(), public(), r#"{"access_token":"at-1","token_type":"Bearer"}"#);
    assert_eq!(access_token(&client, u64::MAX).unwrap(), "at-1");
    assert_eq!(client.session().expires_at, None);
}

#[test]
fn a_token_of_endless_lifetime_does_not_overflow() {
    let body = r#"{"access_token":"at-1","token_type":"Bearer","expires_in":999999999999999}"#;
    assert!(access_token(&logged_in(&tab(), public(), body), 0).is_ok());
}

#[test]
fn the_backends_token_is_not_handed_out() {
    let host = tab();
    host.answer(Answer::json(200, r#"{"session":{},"access_token":"at-1"}"#));
    let client = connect(&host, with_session_backend());
    assert_eq!(client.session().status, Status::SignedIn);
    assert_eq!(code(access_token(&client, 0)), "no_session");
}

#[test]
fn logout_ends_the_session_here_whatever_the_backend_says() {
    for (answer, expected) in [
        (Answer::empty(204), None),
        (Answer::json(200, "{}"), None),
        (Answer::json(500, "{}"), Some("backend_failed")),
        (Answer::html(200), Some("backend_failed")),
        (Answer::Lost, Some("network_failed")),
        (Answer::Late, Some("timed_out")),
    ] {
        let host = tab();
        host.answer(Answer::json(200, r#"{"session":{}}"#));
        let client = connect(&host, with_session_backend());
        assert_eq!(client.session().status, Status::SignedIn);
        let changes = Rc::new(Cell::new(0));
        let counter = changes.clone();
        let _subscription = client.subscribe(move |_| counter.set(counter.get() + 1));
        host.answer(answer);
        let options = LogoutOptions::new();
        let mut logout = Task::new(client.logout(&options));
        logout.step();
        assert_eq!(client.session().status, Status::SignedOut, "before the backend answers");
        assert_eq!(join(vec![logout]).remove(0).err().map(|error| error.code()), expected);
        assert_eq!(client.session().status, Status::SignedOut);
        assert_eq!(changes.get(), 1);
        let [.., sent] = &host.requests()[..] else { panic!("a request") };
        assert_eq!((sent.purpose, sent.url.as_str()), (Purpose::BackendLogout, "https://app.example/session/logout"));
        assert_eq!(sent.body.as_deref(), Some("{}"), "a POST");
        assert!(sent.headers.contains(&("x-requested-with".into(), "wicketgate".into())));
    }
}

#[test]
fn logout_without_a_backend_asks_nobody() {
    let host = tab();
    let client = logged_in(&host, public(), TOKENS);
    host.clear_log();
    log_out(&client).unwrap();
    assert_eq!(client.session().status, Status::SignedOut);
    assert_eq!(code(access_token(&client, 0)), "no_session");
    assert!(host.requests().is_empty());
}

#[test]
fn after_logout_a_callback_does_not_sign_in_again() {
    let client = about_to_log_in();
    finish(&client);
    log_out(&client).unwrap();
    assert!(block_on(client.handle_callback(None)).is_err());
    assert_eq!(client.session().status, Status::SignedOut);
}

#[test]
fn a_session_that_was_asked_for_before_the_logout_does_not_come_back() {
    let host = tab();
    let page = Page::new(host.clone());
    host.answer(Answer::json(200, r#"{"session":{}}"#));
    // A client of the same server that does not ask for the session.
    let client = connect_on(&page, with_backend());
    assert_eq!(client.session().status, Status::SignedOut);
    let mut connecting = Task::new(Client::connect(&page, with_session_backend()));
    connecting.step();
    log_out(&client).unwrap();
    let other = join(vec![connecting]).remove(0).unwrap();
    assert_eq!(other.session().status, Status::SignedOut);
}

#[test]
fn clients_of_one_server_share_a_session_and_others_do_not() {
    let host = tab();
    let state = begun(&host, public());
    host.answer(Answer::json(200, TOKENS));
    let page = Page::new(host.next_page(&callback(&state)));
    let (one, twin) = (connect_on(&page, public()), connect_on(&page, public()));
    let other_client = connect_on(&page, with(public(), r#"{"clientId":"client-2"}"#));
    let other_server = connect_on(&page, public().issuer("https://other.example"));
    finish(&one);
    assert_eq!(access_token(&twin, 0).unwrap(), "at-1");
    for other in [other_client, other_server] {
        assert_eq!(other.session().status, Status::SignedOut);
        assert_eq!(code(access_token(&other, 0)), "no_session");
    }
}

#[test]
fn a_failed_login_leaves_the_backends_session() {
    let host = tab();
    host.answer(Answer::empty(401));
    let state = begun(&host, with_session_backend());
    host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#));
    let client = connect(&host.next_page(&format!("{CALLBACK}?error=access_denied&state={state}")), with_session_backend());
    assert_eq!(code(block_on(client.handle_callback(None))), "authorization_failed");
    assert_eq!(client.session().claims, Some(json(r#"{"sub":"ada"}"#)));
}

const ADA: &str = r#"{"session":{"claims":{"sub":"ada"}}}"#;
const BOB: &str = r#"{"session":{"claims":{"sub":"bob"}}}"#;

fn user(client: &Client<TestHost>) -> Option<String> {
    client.session().claims.as_ref().and_then(|claims| claims.text("sub")).map(String::from)
}

#[test]
fn a_logout_has_the_last_word_over_a_hand_off_under_way() {
    let host = tab();
    host.answer(Answer::empty(401));
    let state = begun(&host, with_session_backend());
    host.clear_log();
    let client = connect(&host.next_page(&callback(&state)), with_session_backend());
    let ending = client.clone();
    host.answer_after(Answer::json(200, ADA), move |_| log_out(&ending).unwrap());
    host.answer(Answer::empty(204));
    host.answer(Answer::empty(204));
    assert_eq!(code(block_on(client.handle_callback(None))), "aborted");
    assert_eq!(client.session().status, Status::SignedOut);
    // The answer has set a cookie after the logout, so a second logout removes it; and no request asks whose session it is.
    assert_eq!(host.purposes(), [Purpose::HandOff, Purpose::BackendLogout, Purpose::BackendLogout]);
}

#[test]
fn a_logout_has_the_last_word_over_a_token_request_under_way() {
    let host = tab();
    let state = begun(&host, public());
    let client = Rc::new(connect(&host.next_page(&callback(&state)), public()));
    let ending = client.clone();
    host.answer_after(Answer::json(200, TOKENS), move |_| log_out(&ending).unwrap());
    let error = block_on(client.handle_callback(None)).err().unwrap();
    assert_eq!((error.code(), error.is_retryable()), ("aborted", false), "the code is spent");
    assert_eq!(client.session().status, Status::SignedOut);
    assert_eq!(code(access_token(&client, 0)), "no_session");
    assert_eq!(host.requests().len(), 1);
}

#[test]
fn a_late_answer_about_the_backends_session_does_not_undo_a_newer_login() {
    let host = tab();
    let state = begun(&host, with_backend());
    let page = Page::new(host.clone());
    // A client of the same server that does not ask for the session.
    let client = connect_on(&page, with_backend());
    host.answer(Answer::json(200, ADA));
    let mut connecting = Task::new(Client::connect(&page, with_session_backend()));
    connecting.step();
    host.answer(Answer::json(200, BOB));
    block_on(client.handle_callback(Some(&callback(&state)))).unwrap();
    assert_eq!(user(&client).as_deref(), Some("bob"));
    let other = join(vec![connecting]).remove(0).unwrap();
    assert_eq!(user(&client).as_deref(), Some("bob"));
    assert!(Rc::ptr_eq(&client.session(), &other.session()), "they share one");
}

#[test]
fn of_two_logins_under_way_the_later_one_wins() {
    for (configuration, one, two) in
        [(public(), TOKENS.to_owned(), TOKENS.replace("at-1", "at-2")), (with_session_backend(), ADA.to_owned(), BOB.to_owned())]
    {
        let host = tab();
        // On a callback page, so that no request asks for the session.
        let client = connect(&host.next_page(&callback(NOBODYS)), configuration);
        let (first, second) = (callback(&begin(&client)), callback(&begin(&client)));
        host.clear_log();
        host.answer(Answer::json(200, &one));
        host.answer(Answer::json(200, &two));
        let mut late = Task::new(client.handle_callback(Some(&first)));
        late.step();
        let landed = block_on(client.handle_callback(Some(&second))).unwrap();
        assert_eq!(code(join(vec![late]).remove(0)), "aborted");
        assert!(Rc::ptr_eq(&landed.session, &client.session()));
        // A user who has just signed in is not signed out.
        assert_eq!(host.requests().len(), 2);
        match user(&client) {
            Some(name) => assert_eq!(name, "bob"),
            None => assert_eq!(access_token(&client, 0).unwrap(), "at-2"),
        }
    }
}

#[test]
fn clients_that_ask_for_something_else_or_for_another_user_share_no_session() {
    let scoped = |scope: &str| public().scope(scope);
    let of = |resource: &str| public().resource(resource);
    let bound = |binding: &str| public().session_binding(binding);
    for (begun_as, other) in [
        (scoped("read"), scoped("read write")),
        (public(), scoped("read")),
        (of("https://weather.example/"), of("https://bank.example/")),
        (public(), of("https://bank.example/")),
        (bound("ada"), bound("bob")),
        (bound("ada"), public()),
    ] {
        let host = tab();
        let state = begun(&host, begun_as.clone());
        host.answer(Answer::json(200, TOKENS));
        let page = Page::new(host.next_page(&callback(&state)));
        let (one, twin) = (connect_on(&page, begun_as.clone()), connect_on(&page, begun_as));
        let stranger = connect_on(&page, other);
        finish(&one);
        assert_eq!(access_token(&twin, 0).unwrap(), "at-1");
        assert_eq!(stranger.session().status, Status::SignedOut);
        assert_eq!(code(access_token(&stranger, 0)), "no_session");
    }
}

#[test]
fn a_question_that_was_sent_after_a_login_does_not_overwrite_it() {
    for is_question_last in [true, false] {
        let host = tab();
        let state = begun(&host, with_backend());
        let page = Page::new(host.clone());
        let client = connect_on(&page, with_backend());
        let url = callback(&state);
        host.answer(Answer::json(200, BOB));
        let mut login = Task::new(client.handle_callback(Some(&url)));
        login.step();
        host.answer(Answer::json(200, ADA));
        let mut question = Task::new(Client::connect(&page, with_session_backend()));
        question.step();
        if is_question_last {
            join(vec![login]).remove(0).unwrap();
            join(vec![question]).remove(0).unwrap();
        } else {
            join(vec![question]).remove(0).unwrap();
            join(vec![login]).remove(0).unwrap();
        }
        assert_eq!(user(&client).as_deref(), Some("bob"), "question last: {is_question_last}");
    }
}

#[test]
fn a_logout_is_repeated_also_where_the_overtaken_login_got_no_answer() {
    let host = tab();
    host.answer(Answer::empty(401));
    let state = begun(&host, with_session_backend());
    host.clear_log();
    let client = connect(&host.next_page(&callback(&state)), with_session_backend());
    let ending = client.clone();
    host.answer_after(Answer::Late, move |_| log_out(&ending).unwrap());
    host.answer(Answer::empty(204));
    host.answer(Answer::empty(204));
    assert_eq!(code(block_on(client.handle_callback(None))), "aborted");
    assert_eq!(host.purposes(), [Purpose::HandOff, Purpose::BackendLogout, Purpose::BackendLogout]);
}

#[test]
fn a_logout_is_not_repeated_while_another_login_is_under_way() {
    let host = tab();
    let client = connect(&host.next_page(&callback(NOBODYS)), with_session_backend());
    let (first, second) = (callback(&begin(&client)), callback(&begin(&client)));
    host.answer(Answer::json(200, ADA));
    let mut one = Task::new(client.handle_callback(Some(&first)));
    one.step();
    host.answer(Answer::empty(204));
    log_out(&client).unwrap();
    host.answer(Answer::json(200, BOB));
    let mut two = Task::new(client.handle_callback(Some(&second)));
    two.step();
    assert_eq!(code(join(vec![one]).remove(0)), "aborted");
    join(vec![two]).remove(0).unwrap();
    assert_eq!(host.purposes(), [Purpose::HandOff, Purpose::BackendLogout, Purpose::HandOff]);
    assert_eq!(user(&client).as_deref(), Some("bob"));
}
