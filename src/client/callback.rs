//! Handles the authorization response: in the order of `protocol/callback.rs`, and once for each URL.

use std::rc::Rc;

use super::Client;
use super::configuration::LoginOptions;
use super::flight::{Flight, Pilot, both};
use super::session::{Session, Shared};
use super::transactions;
use crate::platform::{Platform, Store};
use crate::protocol::authorization::Transaction;
use crate::protocol::callback::{AuthorizationResponse, is_at, is_response, without_response};
use crate::protocol::error::{Error, ErrorKind, OAuthError};
use crate::protocol::http::{Purpose, Request, Response};
use crate::protocol::id_token::Expected;
use crate::protocol::json::{Json, decimal};
use crate::protocol::token::{ClientAuthentication, CodeExchange};
use crate::protocol::url::Url;

/// When a login was begun anew because its response was unknown here. In the tab's store, so that it
/// outlives the page: it is what breaks a loop.
const RESTARTED: &str = "wicketgate.restarted";

/// Callbacks whose outcome a page remembers.
const REMEMBERED: usize = 4;

/// What a login ended in.
#[derive(Debug)]
pub struct LoginResult {
    /// Where the user wanted to be: path, query and fragment of the page's origin.
    pub return_to: String,
    /// As given to the login.
    pub app_state: Option<Json>,
    /// The session that was begun.
    pub session: Rc<Session>,
    /// The backend's answer, where there is a backend.
    pub backend: Option<Json>,
}

impl LoginResult {
    /// The `LoginResult` of the JavaScript API, without its session; absent members are absent.
    pub fn to_json(&self) -> Json {
        let mut object = Json::empty();
        object.set_text("returnTo", Some(&self.return_to));
        object.set_copy("appState", self.app_state.as_ref());
        object.set_copy("backend", self.backend.as_ref());
        object
    }
}

type Outcome = Result<Rc<LoginResult>, Error>;

/// A callback that was begun, under the URL that it came with and the one that was left of it.
pub(crate) struct CallbackFlight {
    id: u32,
    url: Url,
    cleaned: String,
    flight: Rc<Flight<Outcome>>,
}

impl CallbackFlight {
    pub(super) fn is_under_way(&self) -> bool {
        !self.flight.has_landed()
    }
}

impl<P: Platform> Client<P> {
    /// Whether `url` (default: the page's) carries an authorization response for this client, or did until
    /// it was cleaned by a call that is still under way.
    pub fn is_callback(&self, url: Option<&str>) -> bool {
        let Ok(url) = self.callback_url(url) else { return false };
        let callbacks = self.shared.callbacks.borrow();
        is_response(&url, self.configuration.text("redirectUri"))
            || callbacks.iter().any(|callback| callback.cleaned == url.href() && callback.is_under_way())
    }

    /// Parses and validates the authorization response in `url` (default: the page's), then redeems the code
    /// or hands it to the backend. Further calls for the same URL get the outcome of the first.
    ///
    /// # Errors
    /// All of the groups "authorization response", "server" and "environment".
    pub async fn handle_callback(&self, url: Option<&str>) -> Outcome {
        let url = self.callback_url(url)?;
        if let Some(flight) = self.find_flight(&url, |callback| callback.flight.clone()) {
            return flight.landed().await;
        }
        // A router may have added to the page's fragment while the module was loading.
        let page = self.page.url()?;
        let is_page = page.location() == url.location() && page.query() == url.query();
        let cleaned = without_response(if is_page { &page } else { &url });
        let pilot = Pilot(self.begin_flight(&url, &cleaned));
        // Before any request goes out, and also where the response is refused: a code leaks by the address bar.
        if is_page && cleaned != page.href() && is_at(url.location(), self.configuration.text("redirectUri")) {
            self.page.platform.replace_page_url(&cleaned);
        }
        let outcome = self.answer(&url).await.map(Rc::new);
        if outcome.as_ref().is_err_and(|error| !error.has_asked_backend()) {
            let _ = self.restore().await;
        }
        pilot.0.land(outcome.clone());
        outcome
    }

    /// The number of the callback that [`handle_callback`](Self::handle_callback) would give the outcome of,
    /// where it was begun before.
    pub fn known_callback(&self, url: Option<&str>) -> Option<u32> {
        let url = self.callback_url(url).ok()?;
        self.find_flight(&url, |callback| callback.id)
    }

    fn begin_flight(&self, url: &Url, cleaned: &str) -> Rc<Flight<Outcome>> {
        let flight = Rc::new(Flight::new());
        let mut callbacks = self.shared.callbacks.borrow_mut();
        let id = self.shared.next_callback();
        // One that is under way is needed, however many there are.
        let oldest = callbacks.iter().position(|callback| !callback.is_under_way());
        if let Some(oldest) = oldest.filter(|_| callbacks.len() >= REMEMBERED) {
            callbacks.remove(oldest);
        }
        callbacks.push(CallbackFlight { id, url: url.clone(), cleaned: cleaned.into(), flight: flight.clone() });
        flight
    }

    fn callback_url(&self, url: Option<&str>) -> Result<Url, Error> {
        let page = self.page.url()?;
        match url {
            Some(url) => page.join(url).ok_or(Error::malformed_callback("it is not an http or https URL")),
            None => Ok(page),
        }
    }

    /// The latest callback for `url`; a page that asks again after its URL was cleaned means the same one.
    fn find_flight<T>(&self, url: &Url, read: impl FnOnce(&CallbackFlight) -> T) -> Option<T> {
        let callbacks = self.shared.callbacks.borrow();
        callbacks.iter().rev().find(|callback| callback.url == *url || callback.cleaned == url.href()).map(read)
    }

    async fn answer(&self, url: &Url) -> Result<LoginResult, Error> {
        let platform = &self.page.platform;
        let response = AuthorizationResponse::from_callback_url(url)?;
        let Some(transaction) = transactions::find(platform, response.state())? else {
            self.restart().await?;
            // Where the user was to go is not known here.
            return Err(self.begin_login(&LoginOptions::none().with("returnTo", "/")).await);
        };
        self.take(&response, &transaction)?;
        let return_to = transaction.return_to().into();
        if transaction.is_used() {
            // As a reload or the back button bring it. Where its session goes on, so does its user.
            self.restore().await?;
            return if self.shared.is_signed_in() {
                Ok(self.result(return_to, None, None))
            } else {
                Err(ErrorKind::TransactionUsed.into())
            };
        }
        let exchange = response.complete(transaction, &self.server)?;
        platform.forget(Store::Tab, RESTARTED);
        self.redeem(exchange, return_to).await
    }

    /// Checks that `response` may complete `transaction`, and takes it out of the store: one attempt for
    /// each code, whatever happens. One that is another user's or another client's stays for them.
    fn take(&self, response: &AuthorizationResponse, transaction: &Transaction) -> Result<(), Error> {
        let (platform, configuration) = (&self.page.platform, &self.configuration);
        let now = platform.wall_clock();
        let checked = response.check_transaction(
            transaction,
            &self.server,
            configuration.client_id(),
            now,
            // What was used is told as that, however long ago.
            if transaction.is_used() { u64::MAX } else { configuration.transaction_lifetime() },
            configuration.text("sessionBinding"),
        );
        // One attempt for each code, whatever happens; and what has expired goes at once.
        if checked.as_ref().err().map(Error::kind).is_none_or(|kind| *kind == ErrorKind::TransactionExpired) {
            self.page.transactions.bury(platform, transaction, now);
        }
        checked
    }

    /// Redeems the code, here or by the backend.
    async fn redeem(&self, exchange: CodeExchange, return_to: String) -> Result<LoginResult, Error> {
        let backend = self.configuration.backend();
        let request = match backend {
            Some(backend) => exchange.hand_off(backend.text("exchangeUrl").unwrap_or_default(), backend.member("headers")),
            None => exchange.request(self.server.endpoint("token_endpoint")?, &ClientAuthentication::None),
        };
        let app_state = exchange.app_state().cloned();
        let sent_at = self.now();
        let turn = self.shared.take_turn();
        let is_openid = exchange.nonce().is_some() && backend.is_none();
        let (response, ()) = both(self.send(request), self.fetch_keys_beside(is_openid)).await;
        let is_overtaken = || turn < self.shared.decided();
        if is_overtaken() {
            // After a logout, with no other login under way: the backend may have begun its session once more.
            if self.shared.decided() == self.shared.latest_turn() && !self.shared.is_signed_in() {
                let _ = self.end_at_backend().await;
            }
            return Err(ErrorKind::Aborted.into());
        }
        let response = response?;
        let mut answer = None;
        if backend.is_some() {
            answer = backend_answer(&response)?;
            let session = answer.as_ref().map_or_else(|| Some(Session::signed_in()), Session::from_backend);
            let nobody = ErrorKind::BackendFailed { status: response.status, oauth: None };
            let session = session.ok_or(nobody)?;
            self.shared.decide(turn);
            self.shared.sign_in_at_backend(session);
            self.tell_others();
        } else {
            let tokens = exchange.finish(&response)?;
            let claims = match tokens.id_token.as_ref().filter(|_| is_openid) {
                Some(id_token) => {
                    let expected =
                        Expected { nonce: exchange.nonce(), max_age: exchange.max_age(), acr: exchange.acr(), ..self.expected() };
                    Some(self.id_token_claims(id_token, &expected, &tokens.access_token).await?)
                }
                None => None,
            };
            // The server's keys may have been waited for.
            if is_overtaken() {
                return Err(ErrorKind::Aborted.into());
            }
            let held = Shared::held(&tokens, claims.as_ref(), exchange.state(), exchange.resource(), sent_at);
            let sealed = self.sealed(held.to_text()).await;
            if is_overtaken() {
                return Err(ErrorKind::Aborted.into());
            }
            self.shared.decide(turn);
            // Whatever stands in the store is of a login before this one.
            self.put(sealed);
            self.shared.sign_in(held);
        }
        self.shared.announce();
        let result = self.result(return_to, app_state, answer);
        self.mark().await;
        Ok(result)
    }

    fn result(&self, return_to: String, app_state: Option<Json>, backend: Option<Json>) -> LoginResult {
        LoginResult { return_to, app_state, session: self.shared.session(), backend }
    }

    /// Whether a response to an unknown login may begin a new one: where it is configured, and once.
    async fn restart(&self) -> Result<(), Error> {
        if self.configuration.text("onUnknownTransaction") != Some("restart") {
            return Err(ErrorKind::TransactionNotFound.into());
        }
        // A link with somebody's response in it sends nobody who is signed in to another login.
        self.restore().await?;
        if self.shared.is_signed_in() {
            return Err(ErrorKind::TransactionNotFound.into());
        }
        let platform = &self.page.platform;
        let now = platform.wall_clock();
        let restarted = platform.stored(Store::Tab, RESTARTED)?.as_deref().and_then(decimal);
        if restarted.is_some_and(|at| now.saturating_sub(at) <= self.configuration.transaction_lifetime()) {
            platform.forget(Store::Tab, RESTARTED);
            return Err(ErrorKind::RedirectLoop.into());
        }
        platform.store(Store::Tab, RESTARTED, &Json::from(now).to_text())
    }

    /// Restores the session that the store has, or that the backend knows of, where nobody is signed in here.
    pub(super) async fn restore(&self) -> Result<(), Error> {
        if self.shared.is_signed_in() {
            return Ok(());
        }
        if self.has_changed_elsewhere() {
            self.reload(false).await;
            self.shared.announce();
        }
        self.ask_backend().await
    }

    /// Asks the backend who is signed in, where there is one that can be asked.
    pub(super) async fn ask_backend(&self) -> Result<(), Error> {
        let Some(backend) = self.configuration.backend() else { return Ok(()) };
        let Some(session_url) = backend.text("sessionUrl").filter(|_| self.shared.leaving.get() == 0) else { return Ok(()) };
        let request = Request::get(Purpose::BackendSession, session_url.into()).to_backend(backend.member("headers"));
        let (turn, number) = (self.shared.latest_turn(), self.shared.number());
        let response = self.send(request).await?;
        // A question decides nothing: a login or a logout since then knows better.
        if turn == self.shared.latest_turn() && number == self.shared.number() {
            let answer = if response.status == 401 { None } else { backend_answer(&response)? };
            match answer.as_ref().and_then(Session::from_backend) {
                Some(session) => self.shared.go_on_at_backend(session),
                None if self.shared.is_signed_in() => {
                    self.shared.end();
                }
                None => {}
            }
            self.shared.announce();
        }
        Ok(())
    }

    pub(super) async fn send(&self, request: Request) -> Result<Response, Error> {
        self.page.platform.send(request, self.configuration.request_timeout()).await
    }
}

/// A backend's answer: JSON, or nothing at all.
pub(super) fn backend_answer(response: &Response) -> Result<Option<Json>, Error> {
    let json = response.json_object();
    let is_success = (200..300).contains(&response.status);
    if !is_success || (json.is_none() && !response.body.is_empty()) {
        let oauth = json.as_ref().and_then(OAuthError::from_members);
        return Err(ErrorKind::BackendFailed { status: response.status, oauth }.into());
    }
    Ok(json)
}
