//! The face for an app in Rust: one value, [`Login`], that says who is signed in. It is made for a signal, a hook or
//! a store to hold, of whatever framework: the app shows it, and is given a new one after each change.
//!
//! ```no_run
//! use wicketgate::app::Login;
//! use wicketgate::client::Configuration;
//!
//! let configuration = Configuration::new("my-app")
//!     .with("issuer", "https://login.example")
//!     .with("redirectUri", "https://app.example/callback")
//!     .with("scope", "openid profile");
//! Login::open(configuration, |login| match login.claim("name") {
//!     Some(name) => show(&format!("Hello, {name}.")),
//!     None => show("Nobody is signed in."),
//! });
//! # fn show(_: &str) {}
//! ```

use core::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use crate::browser::{self, Browser};
use crate::client::{Client, Configuration, LoginOptions, LogoutOptions, Session, Status};
use crate::platform::Platform;
use crate::protocol::error::{Error, ErrorKind};

/// Who is signed in on this page, as far as it is known at one moment. A clone is cheap, and equal to what it is of;
/// what came after a change is not.
#[derive(Clone)]
pub struct Login(Rc<Snapshot>);

impl PartialEq for Login {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

struct Snapshot {
    /// `None` before anything was opened.
    desk: Option<Rc<Desk>>,
    is_opening: bool,
    session: Option<Rc<Session>>,
    error: Option<Error>,
}

impl Login {
    /// What an app shows before [`open`](Self::open) has told it anything.
    pub fn opening() -> Self {
        Self(Rc::new(Snapshot { desk: None, is_opening: true, session: None, error: None }))
    }

    /// Opens the page's login, once for each page: makes the client, restores the session that was kept, and, where the
    /// page is what a login comes back to, ends that login and goes on to where the user wanted to be. `changed` is told
    /// what is known after each of these, and whenever it changes from then on. It is never called before `open` has
    /// returned, nor from inside another call of a [`Login`]: it may set what is being read there.
    ///
    /// It is called where the app begins, before a router is made: some routers take from the page's address what they do
    /// not know, and so the response. The page is not loaded anew for going on. Routers that listen to the browser's
    /// history notice.
    pub fn open(configuration: Configuration, changed: impl FnMut(Self) + 'static) {
        let desk = Rc::new(Desk {
            configuration,
            changed: RefCell::new(Some(Box::new(changed))),
            news: RefCell::default(),
            client: RefCell::default(),
            is_opening: Cell::new(true),
            had_its_turn: Cell::default(),
        });
        // Read before the app's router is made, which may rewrite the address.
        let url = Browser::page().map(|page| page.platform().page_url());
        desk.run(|desk| async move {
            let opened = match url {
                Ok(url) => desk.connect(&url).await,
                Err(error) => Err(error),
            };
            desk.is_opening.set(false);
            opened
        });
    }

    /// Whether nothing is known yet: the server is being asked.
    pub fn is_opening(&self) -> bool {
        self.0.is_opening
    }

    /// The session. `None` where nobody is signed in, or that is not known yet.
    pub fn session(&self) -> Option<&Session> {
        self.0.session.as_deref()
    }

    /// A claim of the session that is a text: `name`, `email`, `sub`.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.session()?.claims.as_ref()?.text(name)
    }

    /// What went wrong last, in opening the login, beginning one, or ending the session.
    pub fn error(&self) -> Option<&Error> {
        self.0.error.as_ref()
    }

    /// The client, for access tokens and all else. `None` where it could not be made, or is not yet.
    pub fn client(&self) -> Option<Rc<Client<Browser>>> {
        self.0.desk.as_ref()?.client.borrow().clone()
    }

    /// Whether somebody is signed in: the question that guards a page. Where nobody is, a login is begun that comes back
    /// to here: once, and not on a page that was come back to with the back button, so that who turns back at the server,
    /// or logs out here or in another tab, is not sent there again. After that, and where something went wrong, a button
    /// that calls [`begin`](Self::begin) is the way on.
    ///
    /// It may be asked while a view is made, and as often as that is.
    pub fn require(&self) -> bool {
        if let (Some(desk), None, None, false) = (&self.0.desk, &self.0.session, &self.0.error, self.0.is_opening)
            && !desk.had_its_turn.get()
        {
            self.begin();
        }
        self.0.session.is_some()
    }

    /// Begins a login that comes back to where the page is now, and leaves the page for it. What goes wrong is told as
    /// the [`error`](Self::error) of the next login; that the user came back with the back button is no error.
    pub fn begin(&self) {
        self.begin_with(LoginOptions::none());
    }

    /// The same with options: another place to come back to, a prompt.
    pub fn begin_with(&self, options: LoginOptions) {
        let Some(desk) = &self.0.desk else { return };
        desk.had_its_turn.set(true);
        desk.run(|desk| async move {
            let client = desk.client().await?;
            let error = client.begin_login(&options).await;
            if matches!(error.kind(), ErrorKind::NavigationCancelled) { Ok(()) } else { Err(error) }
        });
    }

    /// Ends the session: here, in the tabs that share it, and at the server, for which the page is left where the server
    /// has a place for that.
    pub fn log_out(&self) {
        let Some(desk) = &self.0.desk else { return };
        desk.run(|desk| async move { desk.client().await?.logout(&LogoutOptions::none()).await });
    }
}

type Listener = Box<dyn FnMut(Login)>;

/// Where all that is known of a page's login comes together.
struct Desk {
    configuration: Configuration,
    /// Not here while it is being told.
    changed: RefCell<Option<Listener>>,
    news: RefCell<VecDeque<Login>>,
    client: RefCell<Option<Rc<Client<Browser>>>>,
    is_opening: Cell<bool>,
    /// Whether a login was begun here or is over: from then on none is begun that nobody asks for.
    had_its_turn: Cell<bool>,
}

impl Desk {
    /// Runs `work` once the caller has gone on, and tells what it has changed.
    fn run<W: Future<Output = Result<(), Error>>>(self: &Rc<Self>, work: impl FnOnce(Rc<Self>) -> W + 'static) {
        let desk = self.clone();
        browser::spawn(async move {
            browser::turn().await;
            let outcome = work(desk.clone()).await;
            desk.tell(outcome.err());
        });
    }

    /// Makes the client, and handles the response that may be in `url`.
    async fn connect(self: &Rc<Self>, url: &str) -> Result<(), Error> {
        let page = Browser::page()?;
        self.had_its_turn.set(page.platform().is_revisited());
        let client = self.client().await?;
        if client.is_callback(Some(url)) {
            let outcome = client.handle_callback(Some(url)).await;
            // Nobody stays at the callback's address. Where the user wanted to be is not known after a failure.
            page.platform().go_on(outcome.as_ref().map_or("./", |login| &login.return_to));
            outcome?;
        }
        Ok(())
    }

    /// The client, which is made when it is not there: a server that could not be reached is asked again.
    async fn client(self: &Rc<Self>) -> Result<Rc<Client<Browser>>, Error> {
        if let Some(client) = &*self.client.borrow() {
            return Ok(client.clone());
        }
        let client = Client::connect(&Browser::page()?, self.configuration.clone()).await?;
        let desk = self.clone();
        client.subscribe(move |_| {
            if !desk.is_opening.get() {
                desk.tell(None);
            }
        });
        self.client.replace(Some(client.clone()));
        Ok(client)
    }

    fn tell(self: &Rc<Self>, error: Option<Error>) {
        let session = self.client.borrow().as_ref().map(|client| client.session());
        let session = session.filter(|session| session.status != Status::SignedOut);
        if session.is_some() {
            self.had_its_turn.set(true);
        }
        let login = Login(Rc::new(Snapshot { desk: Some(self.clone()), is_opening: self.is_opening.get(), session, error }));
        self.news.borrow_mut().push_back(login);
        // Who is told may change the session there and then: that is told afterwards.
        let Some(mut changed) = self.changed.take() else { return };
        while let Some(login) = { self.news.borrow_mut().pop_front() } {
            changed(login);
        }
        self.changed.replace(Some(changed));
    }
}
