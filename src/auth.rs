//! For apps in Rust: one value, [`Auth`], says who is signed in. An app keeps it in a signal, a hook or a store of its
//! framework, shows it, and receives a new one after each change.
//!
//! ```no_run
//! use wicketgate::{Auth, Configuration};
//!
//! let configuration = Configuration::new("my-app")
//!     .issuer("https://login.example")
//!     .redirect_uri("https://app.example/callback")
//!     .scope("openid profile");
//! Auth::start(configuration, |auth| match auth.claim("name") {
//!     Some(name) => show(&format!("Hello, {name}.")),
//!     None => show("Nobody is signed in."),
//! });
//! # fn show(_: &str) {}
//! ```

use core::cell::{Cell, RefCell};
use core::fmt;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::browser::{self, Browser};
use crate::client::{Client, Configuration, EndedBy, LoginOptions, LogoutOptions, Session, Status};
use crate::host::Host;
use crate::protocol::error::{Error, ErrorKind};

/// Who is signed in on this page, as a snapshot. Cloning is cheap. Two values are equal only if they are clones of the same
/// snapshot.
#[derive(Clone)]
pub struct Auth(Rc<Snapshot>);

impl PartialEq for Auth {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Auth");
        shown.field("is_pending", &self.is_pending()).field("status", &self.session().map(|session| session.status));
        shown.field("error", &self.error().map(Error::code)).finish()
    }
}

struct Snapshot {
    /// `None` before [`Auth::start`].
    source: Option<Rc<Source>>,
    is_pending: bool,
    session: Option<Rc<Session>>,
    error: Option<Error>,
}

impl Auth {
    /// The value that an app shows until [`start`](Self::start) has delivered another: nobody knows yet whether a user is
    /// signed in.
    pub fn pending() -> Self {
        Self(Rc::new(Snapshot { source: None, is_pending: true, session: None, error: None }))
    }

    /// Starts the page's login. Call it once for each page. It creates the client and restores the session that was kept. If
    /// the page is the callback of a login, it completes that login and goes on to the place that the user wanted.
    ///
    /// `on_change` receives the result, and then a new value after every change, for as long as the page lives. It is never
    /// called before `start` has returned, and never while another call of it runs. So `on_change` may write to a signal while
    /// the app reads it.
    ///
    /// Call `start` before the app creates its router: some routers remove parameters that they do not know from the page's
    /// address, and these can be the authorization response. `start` does not reload the page. Routers that listen to the
    /// browser's history notice the new address.
    pub fn start(configuration: Configuration, on_change: impl FnMut(Self) + 'static) {
        let source = Rc::new(Source {
            configuration,
            on_change: RefCell::new(Some(Box::new(on_change))),
            undelivered: RefCell::default(),
            client: RefCell::default(),
            is_pending: Cell::new(true),
            may_redirect: Cell::new(true),
        });
        // Read now, because the app's router may rewrite the address.
        let url = Browser::page().map(|page| page.host().page_url());
        source.run(|source| async move {
            let started = match url {
                Ok(url) => source.start(&url).await,
                Err(error) => Err(error),
            };
            source.is_pending.set(false);
            started
        });
    }

    /// Whether it is still unknown if a user is signed in.
    pub fn is_pending(&self) -> bool {
        self.0.is_pending
    }

    /// The session. `None` if nobody is signed in, if the session has expired ([`Status::Expired`]), or while that is
    /// [pending](Self::is_pending).
    pub fn session(&self) -> Option<&Session> {
        self.0.session.as_deref()
    }

    /// A claim of the session that is a string, such as `name`, `email` or `sub`.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.session()?.claims.as_ref()?.text(name)
    }

    /// The last failure: of starting, of a login or of a logout. While it is set, guards do not start a login.
    pub fn error(&self) -> Option<&Error> {
        self.0.error.as_ref()
    }

    /// The client, for access tokens and every other call. `None` until it is created.
    pub fn client(&self) -> Option<Rc<Client<Browser>>> {
        self.0.source.as_ref()?.client.borrow().clone()
    }

    /// Guards a page: returns whether a user is signed in. If not, it begins a login that comes back to this page.
    ///
    /// It begins a login once for each page, and not after the back button: it does not send a user away again who turned back
    /// at the server, or logged out here or in another tab. After that, and after a failure, the app shows a button that calls
    /// [`begin_login`](Self::begin_login). If a session expires, or if the server ends it, the guard begins one more login.
    ///
    /// Views may call it in each render.
    pub fn require_login(&self) -> bool {
        let is_signed_in = self.0.session.is_some();
        if let Some(source) = &self.0.source
            && !is_signed_in
            && !self.0.is_pending
            && self.0.error.is_none()
            && source.may_redirect.get()
        {
            self.begin_login();
        }
        is_signed_in
    }

    /// Begins a login that comes back to the page's present place, and leaves the page for it. A failure arrives as the
    /// [`error`](Self::error) of the next value. The back button is not a failure. Does nothing before [`start`](Self::start).
    pub fn begin_login(&self) {
        self.begin_login_with(LoginOptions::new());
    }

    /// [`begin_login`](Self::begin_login) with options, such as another place to come back to, or a prompt.
    pub fn begin_login_with(&self, options: LoginOptions) {
        let Some(source) = &self.0.source else { return };
        source.may_redirect.set(false);
        source.run(|source| async move {
            let client = source.client().await?;
            let Err(error) = client.begin_login(&options).await;
            if matches!(error.kind(), ErrorKind::NavigationCancelled) { Ok(()) } else { Err(error) }
        });
    }

    /// Ends the session here, in the tabs that share it, and at the server. If the server has an end-session endpoint,
    /// navigates there. Does nothing before [`start`](Self::start).
    pub fn logout(&self) {
        self.logout_with(LogoutOptions::new());
    }

    /// [`logout`](Self::logout) with options, such as to stay on the page.
    pub fn logout_with(&self, options: LogoutOptions) {
        let Some(source) = &self.0.source else { return };
        source.run(|source| async move { source.client().await?.logout(&options).await });
    }
}

type OnChange = Box<dyn FnMut(Auth)>;

/// Creates the values of one page, and delivers them.
struct Source {
    configuration: Configuration,
    /// `None` while it runs.
    on_change: RefCell<Option<OnChange>>,
    undelivered: RefCell<VecDeque<Auth>>,
    client: RefCell<Option<Rc<Client<Browser>>>>,
    is_pending: Cell<bool>,
    /// Whether a guard may begin a login: until one was begun here, or a session has ended.
    may_redirect: Cell<bool>,
}

impl Source {
    /// Runs `work` after the caller has returned, and delivers the changes that `work` has made.
    fn run<W: Future<Output = Result<(), Error>>>(self: &Rc<Self>, work: impl FnOnce(Rc<Self>) -> W + 'static) {
        let source = self.clone();
        browser::spawn(async move {
            browser::turn().await;
            let outcome = work(source.clone()).await;
            source.deliver(outcome.err());
        });
    }

    /// Creates the client, and handles the authorization response if `url` contains one.
    async fn start(self: &Rc<Self>, url: &str) -> Result<(), Error> {
        let page = Browser::page()?;
        self.may_redirect.set(!page.host().is_revisited());
        let client = self.client().await?;
        if client.is_callback(Some(url)) {
            let outcome = client.handle_callback(Some(url)).await;
            // The user must not stay at the callback's address.
            page.host().go_on(match &outcome {
                Ok(login) => &login.return_to,
                Err(error) => error.return_to().unwrap_or("./"),
            });
            outcome?;
        }
        Ok(())
    }

    /// The client. If its creation failed before, for instance because the server could not be reached, this tries again.
    async fn client(self: &Rc<Self>) -> Result<Rc<Client<Browser>>, Error> {
        if let Some(client) = &*self.client.borrow() {
            return Ok(client.clone());
        }
        let client = Client::connect(&Browser::page()?, self.configuration.clone()).await?;
        let source = self.clone();
        let subscription = client.subscribe(move |session| {
            if session.status == Status::Expired || matches!(session.ended_by, Some(EndedBy::Server | EndedBy::AnotherLogin)) {
                source.may_redirect.set(true);
            }
            if !source.is_pending.get() {
                source.deliver(None);
            }
        });
        subscription.forget();
        self.client.replace(Some(client.clone()));
        Ok(client)
    }

    fn deliver(self: &Rc<Self>, error: Option<Error>) {
        let session = self.client.borrow().as_ref().map(|client| client.session());
        let session = session.filter(|session| matches!(session.status, Status::SignedIn | Status::Stale));
        if session.is_some() {
            self.may_redirect.set(false);
        }
        let auth = Auth(Rc::new(Snapshot { source: Some(self.clone()), is_pending: self.is_pending.get(), session, error }));
        self.undelivered.borrow_mut().push_back(auth);
        // The app may change the session in `on_change`. The call that runs delivers that change when it has returned.
        let Some(mut on_change) = self.on_change.take() else { return };
        while let Some(auth) = { self.undelivered.borrow_mut().pop_front() } {
            on_change(auth);
        }
        self.on_change.replace(Some(on_change));
    }
}
