//! One schedule: the users' actions, the faults, the order in which everything runs, and the invariants after every step.

use core::cell::RefCell;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;
use std::sync::Arc;

use support::executor::Woken;
use support::random::Random;
use wicketgate::client::{
    AccessTokenOptions, Client, Configuration, IdTokenSignature, LoginOptions, LoginResult, LogoutOptions, Page, Refusal,
    Session, Status, TokenStore, Usage,
};
use wicketgate::host::{Signal, Store};
use wicketgate::protocol::error::{Error, ErrorKind};
use wicketgate::protocol::http::{Purpose, Response};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::secret::Secret;

use super::server::{CLIENT, ISSUER, Rotation, START, Server, Token};
use super::world::{Event, Fate, Flight, MARK, Rules, Settled, SimulatedHost, Tenure, Work, World};

/// How long a page may hold a lock: the time for a request, and ten seconds.
const HOLD: u64 = 20_000;
/// How long a client waits for a busy server at most.
const LONGEST_HOLD_OFF: u64 = 300_000;
const HOUR: u64 = 3_600_000;
/// How long a client may take to be there, and a login or a logout to be over, if nothing was frozen meanwhile: the time for a
/// request, and some waits for an `IndexedDB` that does not answer.
const LONGEST_CALL: u64 = 30_000;
const API: &str = "https://api.example/";
const MOST_PAGES: usize = 6;
/// After this many steps, the schedule will not come to rest any more: six tabs that check for a lease every 50 ms take a
/// while.
const MOST_STEPS: u64 = 30_000;
/// The most keys in a tab's store: 16 logins, 16 tombstones, and a session.
const MOST_KEYS: usize = 33;

/// The outcome of an app's call.
enum Done {
    Connected(Result<Rc<Client<SimulatedHost>>, Error>),
    Token(Result<String, Error>),
    /// The token of an API that has one of its own.
    ApiToken(Result<String, Error>),
    /// The token that replaces a token which an API has refused.
    Newer(String, Result<Option<String>, Error>),
    Login(u64, Result<Rc<LoginResult>, Error>),
    Logout(Result<(), Error>),
}

type DoneList = Rc<RefCell<Vec<(usize, Done)>>>;

struct Task {
    page: usize,
    work: Work,
    woken: Arc<Woken>,
    name: &'static str,
    number: u64,
    began: u64,
    /// How often its page had been frozen by then.
    freezes: u32,
}

/// A page, as its users and the checks see it.
#[derive(Default)]
struct Shown {
    page: Option<Rc<Page<SimulatedHost>>>,
    /// One client, or two that share the session: a framework that mounts twice creates such clients.
    clients: Vec<Rc<Client<SimulatedHost>>>,
    /// The snapshot that its listener received last.
    heard: Rc<RefCell<Option<Rc<Session>>>>,
    snapshot: Option<Rc<Session>>,
    family: Option<usize>,
    /// Sessions that it showed once, and does not show any more.
    past: Vec<usize>,
    /// The access token that its app received last.
    handed: Option<String>,
}

struct Sent {
    generation: u64,
    page: usize,
    flight: u64,
    /// The tenure in which it was sent.
    tenure: Option<Tenure>,
    outcome: Option<Settled>,
}

/// The history of a session, over the whole schedule.
#[derive(Default)]
struct Family {
    sent: Vec<Sent>,
    /// The latest generation in a store.
    stored: Option<u64>,
    /// A user or the server has ended it, and a page was notified.
    is_ended: bool,
    /// When the store continued without it.
    left_at: Option<u64>,
    /// A store did not keep it, once: it may disappear from the other tabs, and come back to them.
    is_tainted: bool,
    /// A lock was lost, which can happen: the consequences do not count against the client.
    is_excused: bool,
}

enum Act {
    Poll(usize),
    Timer(usize),
    Serve(usize),
    Settle(usize),
    Vanish(usize),
    Message(usize),
    Patience(usize),
    CatchUp(usize),
    Expire,
    Reap,
}

pub(crate) struct Sim {
    world: Rc<World>,
    shown: Vec<Shown>,
    tasks: Vec<Task>,
    families: Vec<Family>,
    /// The session in the origin's store.
    kept: Option<(usize, u64)>,
    lease_failed: bool,
    /// Whether a stored session sometimes cannot be decrypted.
    may_not_open: bool,
    /// Whether the server binds tokens to keys.
    is_bound: bool,
    /// Whether the app also asks for the token of an API.
    has_apis: bool,
    done: DoneList,
    wrong: Option<String>,
    calm: bool,
    budget: u64,
    pub(crate) counts: Counts,
}

/// Counts of events, which show that a run has tested something.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) schedules: u64,
    pub(crate) steps: u64,
    pub(crate) logins: u64,
    pub(crate) refreshes: u64,
    pub(crate) unanswered: u64,
    pub(crate) ended: u64,
    /// Refreshes that the server delayed.
    pub(crate) put_off: u64,
    /// Newer tokens that replaced refused ones.
    pub(crate) newer: u64,
    pub(crate) kills: u64,
    pub(crate) freezes: u64,
    pub(crate) excused: u64,
    pub(crate) tainted: u64,
    pub(crate) signed_in_at_end: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.steps += other.steps;
        self.logins += other.logins;
        self.refreshes += other.refreshes;
        self.unanswered += other.unanswered;
        self.ended += other.ended;
        self.put_off += other.put_off;
        self.newer += other.newer;
        self.kills += other.kills;
        self.freezes += other.freezes;
        self.excused += other.excused;
        self.tainted += other.tainted;
        self.signed_in_at_end += other.signed_in_at_end;
    }
}

/// Runs the schedule of this seed. Returns the failure, with the last steps if `logs`.
pub(crate) fn run(seed: u64, logs: bool) -> (Counts, Result<(), String>) {
    let mut sim = Sim::new(seed, logs);
    sim.play();
    for page in 0..sim.shown.len() {
        if sim.world.pages.borrow()[page].is_alive {
            sim.kill(page);
        }
    }
    let counts = sim.counts;
    match sim.wrong.take() {
        None => (counts, Ok(())),
        Some(wrong) => {
            let rules = sim.world.rules.borrow().clone();
            let rotation = sim.world.server.borrow().rotation;
            (
                counts,
                Err(format!(
                    "seed {seed}: {wrong}\n{rules:?}, {rotation:?}\n{}",
                    sim.world.last_steps(if logs { 2000 } else { 0 })
                )),
            )
        }
    }
}

impl Sim {
    fn new(seed: u64, logs: bool) -> Self {
        let random = Random::new(seed ^ 0x51_7c_c1_b7_27_22_0a_95);
        let rules = Rules {
            token_store: ["local", "session", "memory"][random.weighted([80, 12, 8].into_iter())],
            has_locks: random.chance(75),
            loses_requests: [0, 10, 30, 60][random.weighted([3, 4, 3, 1].into_iter())],
            loses_messages: [0, 20, 100][random.weighted([4, 4, 1].into_iter())],
            seal_fails: if random.chance(5) { 20 } else { 0 },
            open_fails: if random.chance(5) { 20 } else { 0 },
            lags: false,
            says_when: random.chance(60),
            is_silent: random.chance(4),
        };
        let rules = Rules { lags: rules.token_store == "local" && random.chance(25), ..rules };
        let rotation = [Rotation::Strict, Rotation::Grace(30_000), Rotation::Never][random.weighted([75, 12, 13].into_iter())];
        let lifetime = [60_000, 300_000, HOUR][random.weighted([2, 3, 2].into_iter())];
        let server = Server::new(rotation, lifetime, random.chance(30), &random);
        Self {
            shown: Vec::new(),
            tasks: Vec::new(),
            families: Vec::new(),
            kept: None,
            lease_failed: false,
            may_not_open: rules.open_fails > 0 || rules.is_silent,
            // Not by `random`, so that all other schedules stay as they are.
            is_bound: seed % 4 == 3,
            has_apis: seed % 8 >= 6,
            done: DoneList::default(),
            wrong: None,
            calm: true,
            budget: random.between(6, 30),
            counts: Counts { schedules: 1, ..Counts::default() },
            world: World::new(seed, rules, server, logs),
        }
    }

    fn shares(&self) -> bool {
        self.world.rules.borrow().token_store == "local"
    }

    fn log(&self, text: impl FnOnce() -> String) {
        self.world.log(text);
    }

    fn wrong(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.log(|| format!("WRONG: {text}"));
        self.wrong.get_or_insert(text);
    }

    // ── the story ──

    fn play(&mut self) {
        let world = self.world.clone();
        let rules = world.rules.borrow().clone();
        self.log(|| format!("{rules:?}"));
        // It begins without faults.
        world.rules.borrow_mut().loses_requests = 0;
        world.rules.borrow_mut().seal_fails = 0;
        world.rules.borrow_mut().open_fails = 0;
        world.rules.borrow_mut().is_silent = false;
        self.open_tab();
        self.rest();
        if world.random.chance(90) {
            let user = world.random.below(3);
            self.log_in_here(0, user);
            self.rest();
        }
        for _ in 0..world.random.below(4) {
            self.open_tab();
        }
        if world.random.chance(70) {
            self.rest();
        }
        // Then the faults begin.
        *world.rules.borrow_mut() = Rules { ..rules };
        self.calm = false;
        while self.budget > 0 && self.wrong.is_none() {
            self.step();
        }
        if self.wrong.is_none() {
            self.end();
        }
    }

    /// The faults stop and all pages wake: all tabs must come to agree.
    fn end(&mut self) {
        let world = self.world.clone();
        self.log(|| "the faults stop".into());
        self.calm = true;
        // Only the login's own token shows in the end whether the server has ended the session.
        self.has_apis = false;
        {
            let mut rules = world.rules.borrow_mut();
            (rules.loses_requests, rules.loses_messages, rules.seal_fails, rules.open_fails) = (0, 0, 0, 0);
            rules.is_silent = false;
        }
        world.is_full.set(false);
        if world.wall_offset.get() != START {
            world.wall_offset.set(START);
            world.jumps.set(world.jumps.get() + 1);
        }
        for page in 0..self.shown.len() {
            if world.pages.borrow()[page].is_alive {
                world.pages.borrow_mut()[page].is_frozen = false;
                self.signal(page, Signal::Awake);
            }
        }
        self.rest();
        let is_tainted = self.families.iter().any(|family| family.is_tainted);
        if self.shares() || self.live().is_empty() {
            self.open_tab();
            self.rest();
        }
        // A busy server may have asked a page to wait that is not stale: it was refused the token of an API.
        if self.world.pages.borrow().iter().any(|page| page.left_alone.is_some_and(|(_, until)| until > world.now.get())) {
            self.pass(LONGEST_HOLD_OFF);
            self.rest();
        }
        // All clients ask for a token; then the server is asked, by one of them if they share the session.
        let live = self.live();
        let one = live[world.random.below(live.len() as u64) as usize];
        for is_last in [false, true] {
            for page in &live {
                if self.wrong.is_some() {
                    return;
                }
                let is_forced = if is_last { !self.shares() || *page == one || is_tainted } else { world.random.chance(20) };
                self.ask_token(*page, is_forced);
                if world.random.chance(50) {
                    self.rest();
                }
            }
            self.rest();
        }
        if self.wrong.is_none() {
            self.check_agreement();
        }
    }

    fn check_agreement(&mut self) {
        let live = self.live();
        if let Some(task) = self.tasks.first() {
            return self.wrong(format!("page {} waits for ever: {}", task.page, task.name));
        }
        for page in &live {
            let Some(client) = self.client(*page) else {
                return self.wrong(format!("page {page} never connected"));
            };
            let status = client.session().status;
            let heard = self.shown[*page].heard.borrow().clone();
            if !heard.is_some_and(|heard| heard.to_json() == client.session().to_json()) {
                return self.wrong(format!("the app in page {page} has not heard of the session as it is"));
            }
            if status == Status::Stale {
                return self.wrong(format!("page {page} is stale, though nothing fails any more"));
            }
            // All timers have run: no token is left that cannot be renewed.
            let renews = self.world.server.borrow().renews;
            match (renews, status) {
                (false, Status::SignedIn) => return self.wrong(format!("page {page} has not expired, and nothing renews it")),
                (true, Status::Expired) => return self.wrong(format!("page {page} has expired, and could be renewed")),
                (_, Status::Expired) => continue,
                _ => {}
            }
            let Some(family) = self.shown[*page].family else { continue };
            self.counts.signed_in_at_end += 1;
            let server = self.world.server.borrow().families[family].clone();
            if server.is_over {
                return self.wrong(format!("page {page} shows session {family}, which the server has ended"));
            }
            if self.shares() && self.kept != Some((family, server.current)) {
                let kept = self.kept;
                return self.wrong(format!(
                    "page {page} shows session {family}, the server is at {}, the store at {kept:?}",
                    server.current
                ));
            }
        }
        if self.shares()
            && self.world.server.borrow().renews
            && live.iter().any(|page| self.shown[*page].family.is_none())
            && self.kept.is_some()
        {
            let kept = self.kept;
            self.wrong(format!("a page is signed out, and the store has {kept:?}"));
        }
        let most = if self.shares() { 2 } else { 0 };
        if self.world.origin.borrow().len() > most || self.world.tabs.borrow().iter().any(|tab| tab.len() > MOST_KEYS) {
            self.wrong("a store grows");
        }
    }

    fn live(&self) -> Vec<usize> {
        (0..self.shown.len()).filter(|page| self.world.pages.borrow()[*page].is_alive).collect()
    }

    /// Runs until nothing is left to do.
    fn rest(&mut self) {
        let was_calm = core::mem::replace(&mut self.calm, true);
        for _ in 0..MOST_STEPS {
            if self.wrong.is_some() {
                break;
            }
            let acts = self.acts();
            if acts.is_empty() {
                match self.next_due() {
                    Some(due) => self.world.now.set(due.max(self.world.now.get())),
                    None => {
                        self.calm = was_calm;
                        return;
                    }
                }
            } else {
                self.pick(acts);
            }
        }
        if self.wrong.is_none() {
            self.wrong("it does not come to rest");
        }
    }

    /// One step of the part with faults.
    fn step(&mut self) {
        let world = self.world.clone();
        let acts = self.acts();
        let is_busy = acts.iter().any(|act| !matches!(act, Act::Serve(_) | Act::Vanish(_) | Act::Reap));
        if world.random.chance(if is_busy { 8 } else { 35 }) {
            self.budget -= 1;
            return self.something_happens();
        }
        let may_pass = !is_busy && (acts.is_empty() || world.random.chance(30));
        if may_pass {
            let pass = match self.next_due() {
                Some(due) => due.saturating_sub(world.now.get()),
                None if acts.is_empty() => {
                    self.budget -= 1;
                    [world.random.below(10_000), world.random.below(600_000), world.random.below(3 * HOUR)]
                        [world.random.below(3) as usize]
                }
                None => 100,
            };
            return self.pass(pass);
        }
        if world.random.chance(5) {
            return self.pass(world.random.below(40));
        }
        self.pick(acts);
    }

    /// The page's copy of the store receives one more write, and the page is notified.
    fn catch_up(&mut self, page: usize) {
        if let Some(key) = self.world.catch_up(page) {
            self.log(|| format!("page {page} sees what was written"));
            self.signal(page, Signal::Told(&key));
        }
    }

    fn pass(&mut self, millis: u64) {
        while let Some(page) = self.world.behind() {
            self.catch_up(page);
        }
        self.world.now.set(self.world.now.get() + millis);
        self.log(|| format!("{millis} ms pass"));
    }

    /// The time when the next timer is due.
    fn next_due(&self) -> Option<u64> {
        let world = &self.world;
        let pages = world.pages.borrow();
        let runs = |page: usize| pages[page].runs();
        let timers = world.timers.borrow();
        let timers = timers.iter().filter(|timer| runs(timer.page)).map(|timer| timer.due);
        let flights = world.flights.borrow();
        let flights = flights.iter().filter(|flight| flight.is_open && runs(flight.page)).map(|flight| flight.due);
        let lock = world.lock.borrow();
        let waiting = lock.queue.iter().filter(|waiter| runs(waiter.page)).map(|waiter| waiter.due);
        let held = lock.holder.filter(|(_, page, until)| *until != u64::MAX && (runs(*page) || pages[*page].keeps_timers));
        timers.chain(flights).chain(waiting).chain(held.map(|(.., until)| until)).min()
    }

    // ── the possible next steps ──

    fn acts(&self) -> Vec<Act> {
        let world = &self.world;
        let now = world.now.get();
        let pages = world.pages.borrow();
        let runs = |page: usize| pages[page].runs();
        let mut acts = Vec::new();
        for (place, task) in self.tasks.iter().enumerate() {
            if runs(task.page) && task.woken.is_set() {
                acts.push(Act::Poll(place));
            }
        }
        for (place, timer) in world.timers.borrow().iter().enumerate() {
            if runs(timer.page) && timer.due <= now {
                acts.push(Act::Timer(place));
            }
        }
        for (place, flight) in world.flights.borrow().iter().enumerate() {
            let will_act = match flight.fate {
                Fate::Answered | Fate::AnswerLost | Fate::Hangs | Fate::Status(_, true) | Fate::Garbage(true) => true,
                Fate::Lost | Fate::Status(_, false) | Fate::Garbage(false) => false,
            };
            if will_act && !flight.has_acted {
                acts.push(Act::Serve(place));
            }
            let is_over = now >= flight.due || flight.fate != Fate::Hangs && (flight.has_acted || !will_act);
            if flight.is_open && runs(flight.page) && is_over {
                acts.push(Act::Settle(place));
            }
            if !flight.is_open {
                acts.push(Act::Vanish(place));
            }
        }
        for (place, (page, _)) in world.messages.borrow().iter().enumerate() {
            if runs(*page) {
                acts.push(Act::Message(place));
            }
        }
        for (place, page) in pages.iter().enumerate() {
            if page.runs() && !page.coming.is_empty() {
                acts.push(Act::CatchUp(place));
            }
        }
        let lock = world.lock.borrow();
        for (place, waiter) in lock.queue.iter().enumerate() {
            if runs(waiter.page) && waiter.due <= now {
                acts.push(Act::Patience(place));
            }
        }
        if let Some((_, page, until)) = lock.holder {
            if !pages[page].is_alive {
                acts.push(Act::Reap);
            } else if until <= now && (runs(page) || pages[page].keeps_timers) {
                acts.push(Act::Expire);
            }
        }
        acts
    }

    fn pick(&mut self, mut acts: Vec<Act>) {
        let world = self.world.clone();
        let act = acts.swap_remove(world.random.below(acts.len() as u64) as usize);
        world.step.set(world.step.get() + 1);
        self.counts.steps += 1;
        match act {
            Act::Poll(place) => self.poll(place),
            Act::Timer(place) => {
                let timer = world.timers.borrow_mut().swap_remove(place);
                timer.slot.fill(());
            }
            Act::Serve(place) => self.serve(place),
            Act::Settle(place) => self.settle(place),
            Act::Vanish(place) => {
                world.flights.borrow_mut().swap_remove(place);
            }
            Act::Message(place) => {
                let (page, text) = world.messages.borrow_mut().swap_remove(place);
                if world.random.chance(world.rules.borrow().loses_messages) {
                    self.log(|| format!("a message to page {page} is lost"));
                } else {
                    self.log(|| format!("page {page} is told"));
                    self.signal(page, Signal::Told(&text));
                }
            }
            Act::Patience(place) => {
                let waiter = world.lock.borrow_mut().queue.remove(place);
                self.log(|| format!("page {} has waited too long for the lock", waiter.page));
                waiter.slot.fill(None);
            }
            Act::CatchUp(page) => self.catch_up(page),
            Act::Expire | Act::Reap => {
                let holder = world.lock.borrow().holder;
                if let Some((number, ..)) = holder {
                    world.release(number);
                }
            }
        }
        world.grant();
        self.check();
    }

    fn poll(&mut self, place: usize) {
        let task = &mut self.tasks[place];
        task.woken.take();
        let waker = Waker::from(task.woken.clone());
        let (page, name) = (task.page, task.name);
        self.world.running.set(task.number);
        self.world.log(|| format!("page {page} runs: {name}"));
        if let Poll::Ready(()) = task.work.as_mut().poll(&mut Context::from_waker(&waker)) {
            let Task { began, freezes, .. } = self.tasks.swap_remove(place);
            let took = self.world.now.get() - began;
            let was_frozen = self.world.pages.borrow()[page].freezes != freezes;
            if took > LONGEST_CALL && !was_frozen && ["connect", "connect again", "login", "logout"].contains(&name) {
                self.wrong(format!("page {page} takes {took} ms: {name}"));
            }
        }
        self.world.running.set(0);
    }

    fn serve(&mut self, place: usize) {
        let mut flights = self.world.flights.borrow_mut();
        let flight = &mut flights[place];
        flight.has_acted = true;
        flight.acted_at = self.world.now.get();
        let (status, answer) = self.world.server.borrow_mut().answer(&flight.body, flight.proof.as_ref(), self.world.now.get());
        self.world.log(|| format!("the server acts on request of page {} {:?}: {status}", flight.page, flight.token));
        flight.answer = Some((status, answer));
    }

    fn settle(&mut self, place: usize) {
        let world = self.world.clone();
        let mut flights = world.flights.borrow_mut();
        let flight = &mut flights[place];
        flight.is_open = false;
        let response =
            |status: u16, media_type: &str, body: &str| Ok(Response::new(status, Some(media_type.into()), body.into()));
        let garbage = ["{\"access_token\":\"at", "<!doctype html>", "{}", "{\"access_token\":1}", "null"];
        let is_late = world.now.get() >= flight.due;
        let mut outcome = Settled::Unknown;
        let result = match flight.fate {
            Fate::Answered if flight.has_acted && !(is_late && world.random.chance(50)) => {
                let (status, body) = flight.answer.clone().unwrap_or_default();
                let value = |name: &str| Some(body.split(&format!("\"{name}\":\"")).nth(1)?.split('"').next()?.to_owned());
                let token = value("refresh_token").or(value("access_token"));
                if let Some(token) = token.as_deref().and_then(Token::parse) {
                    outcome = Settled::Tokens(token.family, token.generation);
                } else if flight.token.is_some() && !body.contains("use_dpop_nonce") {
                    outcome = Settled::Refused;
                }
                let media_type = if body.starts_with('<') { "text/html" } else { "application/json" };
                response(status, media_type, &body).map(|mut response: Response| {
                    // As of the answer, not as of its arrival.
                    response.dpop_nonce = flight.proof.as_ref().map(|_| Server::nonce(flight.acted_at));
                    response
                })
            }
            _ if is_late => Err(ErrorKind::TimedOut(flight.purpose).into()),
            Fate::Answered | Fate::Hangs | Fate::Lost | Fate::AnswerLost => Err(ErrorKind::NetworkFailed(flight.purpose).into()),
            Fate::Status(status, _) => Ok(self.put_off(status, flight.page, flight.token)),
            Fate::Garbage(_) => response(200, "application/json", garbage[world.random.below(5) as usize]),
        };
        let (page, token, slot) = (flight.page, flight.token, flight.slot.clone());
        let is_login = flight.purpose == Purpose::Token;
        let is_of_api = flight.body.contains("resource=");
        let was = flight.answer.as_ref().map(|(status, _)| *status);
        world.log(|| format!("page {page} gets for {token:?}: {outcome:?} (the server said {was:?}, late: {is_late})"));
        let number = flight.number;
        // A request that is on its way may still arrive.
        if flight.has_acted || flight.fate != Fate::Hangs {
            flights.swap_remove(place);
        }
        drop(flights);
        if let Some(token) = token {
            let state = &mut world.pages.borrow_mut()[page];
            state.answered = world.step.get();
            if is_of_api {
                // The refusal may concern that API alone.
                state.refused = None;
            }
            let before = state.refused.filter(|(family, _)| *family == token.family).map_or(0, |(_, times)| times);
            state.refused = (outcome == Settled::Refused && !is_of_api).then_some((token.family, before + 1));
        }
        if is_login {
            if let Settled::Tokens(family, _) = outcome {
                self.counts.logins += 1;
                world.pages.borrow_mut()[page].own.push(family);
            }
        } else {
            self.counts.refreshes += 1;
            self.counts.unanswered += u64::from(outcome == Settled::Unknown);
        }
        self.settled(number, token, outcome);
        slot.fill(result);
    }

    /// The answer with a status that names no error. It may say when the server wants to be asked again.
    fn put_off(&mut self, status: u16, page: usize, token: Option<Token>) -> Response {
        let world = &self.world;
        let mut response = Response::new(status, Some("text/html".into()), b"Try again later".into());
        if matches!(status, 429 | 503) && world.rules.borrow().says_when {
            let millis = [500, 20_000, 120_000, 7_200_000][world.random.below(4) as usize];
            response.retry_after = Some(millis);
            self.counts.put_off += u64::from(token.is_some());
            let of = token.map(|token| (token.family, world.now.get() + millis.min(LONGEST_HOLD_OFF)));
            let left_alone = &mut world.pages.borrow_mut()[page].left_alone;
            *left_alone = of.or(*left_alone);
        }
        response
    }

    /// The page learns the outcome of the request.
    fn settled(&mut self, number: u64, token: Option<Token>, outcome: Settled) {
        let Some(token) = token else { return };
        self.grow(token.family);
        let family = &mut self.families[token.family];
        if let Some(sent) = family.sent.iter_mut().find(|sent| sent.flight == number) {
            sent.outcome = Some(outcome);
        }
        if outcome == Settled::Refused {
            family.is_ended = true;
            self.counts.ended += 1;
        }
    }

    fn signal(&mut self, page: usize, signal: Signal<'_>) {
        let hear = self.world.pages.borrow()[page].hear.clone();
        if let Some(hear) = hear {
            hear(signal);
        }
        self.check();
    }

    // ── actions of users and machines ──

    #[expect(clippy::too_many_lines, reason = "a table: a few lines for each thing that may happen")]
    fn something_happens(&mut self) {
        let world = self.world.clone();
        let random = &world.random;
        world.step.set(world.step.get() + 1);
        let live = self.live();
        let page = if live.is_empty() { 0 } else { live[random.below(live.len() as u64) as usize] };
        if live.is_empty() {
            return self.open_tab();
        }
        let is_frozen = world.pages.borrow()[page].is_frozen;
        if is_frozen && random.chance(50) {
            return self.wake(page);
        }
        let can_be_asked = !is_frozen && !self.shown[page].clients.is_empty();
        match random.weighted([26, 12, 5, 4, 4, 4, 5, 5, 7, 3, 6, 3, 1, 4, 2, 8, 2, 1, 3, 8].into_iter()) {
            0 if can_be_asked => self.ask_token(page, false),
            1 if can_be_asked => self.ask_token(page, true),
            2 if can_be_asked => self.log_in_here(page, random.below(3)),
            3 if can_be_asked => self.log_in_by_redirect(page, random.below(3)),
            4 if can_be_asked => self.log_out(page),
            5 => self.reload(page),
            6 if live.len() < MOST_PAGES => self.open_tab(),
            7 => {
                self.log(|| format!("page {page} is killed"));
                self.kill(page);
            }
            8 if !is_frozen => self.freeze(page),
            9 => {
                let jump = [600_000, 7_200_000, 40_000][random.below(3) as usize] * if random.chance(50) { 1 } else { -1 };
                world.wall_offset.set(world.wall_offset.get() + jump);
                world.jumps.set(world.jumps.get() + 1);
                self.log(|| format!("the wall clock jumps by {jump} ms"));
            }
            10 => {
                // The machine sleeps, or time passes without any action.
                for page in &live {
                    if !world.pages.borrow()[*page].is_frozen {
                        self.freeze(*page);
                    }
                }
                let sleep = [90_000, HOUR, 8 * HOUR][random.below(3) as usize];
                self.pass(sleep);
                if random.chance(40) {
                    world.stand_still(sleep);
                }
                for page in live {
                    self.wake(page);
                }
            }
            11 => {
                world.is_full.set(!world.is_full.get());
                self.log(|| format!("the stores are full: {}", world.is_full.get()));
            }
            12 => {
                let mut server = world.server.borrow_mut();
                if let Some(family) = server.families.last_mut() {
                    family.is_over = true;
                    world.log(|| "an administrator ends the session at the server".into());
                }
            }
            13 if !is_frozen => {
                self.log(|| format!("page {page} is seen again"));
                self.signal(page, Signal::Awake);
                if world.random.chance(20) {
                    self.signal(page, Signal::Returned);
                }
            }
            14 if world.is_full.get() => {
                world.is_full.set(false);
                self.log(|| "the stores have room".into());
            }
            15 => {
                for page in live {
                    if world.pages.borrow()[page].runs() {
                        self.ask_token(page, random.chance(30));
                    }
                }
            }
            16 if can_be_asked && self.shown[page].clients.len() == 1 => self.connect_again(page),
            17 if self.shown[page].clients.len() == 2 => {
                self.log(|| format!("page {page} drops a client"));
                let dropped = self.shown[page].clients.swap_remove(random.below(2) as usize);
                drop(dropped);
            }
            18 => self.give_up(page),
            19 if can_be_asked => self.refuse(page),
            _ => {}
        }
    }

    /// Any client of the page.
    fn client(&self, page: usize) -> Option<Rc<Client<SimulatedHost>>> {
        let clients = &self.shown[page].clients;
        clients.get(self.world.random.below(clients.len() as u64) as usize).cloned()
    }

    /// The app listens. Its listener runs when no lock is held, and may ask for a token at once.
    fn listen(&mut self, page: usize, client: &Rc<Client<SimulatedHost>>) {
        if !self.shown[page].clients.is_empty() {
            return;
        }
        let (world, heard) = (Rc::downgrade(&self.world), self.shown[page].heard.clone());
        let subscription = client.subscribe(move |session| {
            heard.replace(Some(session.clone()));
            let Some(world) = world.upgrade() else { return };
            if world.is_alone(page) {
                world.event(Event::Wrong(format!("page {page} runs the app while it holds the lock")));
            }
            if page.is_multiple_of(3) && session.status != Status::SignedOut {
                world.asked.borrow_mut().push(page);
            }
        });
        subscription.forget();
        self.shown[page].heard.replace(Some(client.session()));
    }

    fn connect_again(&mut self, page: usize) {
        let Some(owner) = self.shown[page].page.clone() else { return };
        let (done, configuration) = (self.done.clone(), self.configuration());
        self.spawn(page, "connect again", async move {
            let result = Client::connect(&owner, configuration).await;
            done.borrow_mut().push((page, Done::Connected(result)));
        });
    }

    /// The app aborts the call that it waits for.
    fn give_up(&mut self, page: usize) {
        let of_app = ["access token", "forced refresh", "newer token", "login", "logout"];
        let place = self.tasks.iter().position(|task| task.page == page && of_app.contains(&task.name));
        let Some(task) = place.map(|place| self.tasks.swap_remove(place)) else { return };
        self.log(|| format!("page {page} does not wait for: {}", task.name));
        drop(task);
        let mut abandoned = Vec::new();
        for flight in self.world.flights.borrow_mut().iter_mut() {
            if flight.page == page && flight.is_open && Rc::strong_count(&flight.slot) == 1 {
                flight.is_open = false;
                abandoned.push((flight.number, flight.token));
            }
        }
        for (number, token) in abandoned {
            self.settled(number, token, Settled::Unknown);
        }
        self.check();
    }

    fn ask_token(&mut self, page: usize, is_forced: bool) {
        self.world.pages.borrow_mut()[page].refused = None;
        let Some(client) = self.client(page) else { return };
        let done = self.done.clone();
        // Not by `random`, so that all other schedules stay as they are.
        if self.has_apis && self.world.step.get().is_multiple_of(3) {
            let options = AccessTokenOptions::new().resource("urn:example:api");
            return self.spawn(page, "token of an API", async move {
                let result = client.access_token(&options).await.map(Secret::into_exposed);
                done.borrow_mut().push((page, Done::ApiToken(result)));
            });
        }
        self.spawn(page, if is_forced { "forced refresh" } else { "access token" }, async move {
            let mut options = AccessTokenOptions::new();
            if is_forced {
                options = options.force_refresh(true);
            }
            let result = client.access_token(&options).await.map(Secret::into_exposed);
            done.borrow_mut().push((page, Done::Token(result)));
        });
    }

    /// An API refuses the token that the app received last, whichever user's it is by now.
    fn refuse(&mut self, page: usize) {
        let Some((client, token)) = self.client(page).zip(self.shown[page].handed.clone()) else { return };
        self.world.pages.borrow_mut()[page].refused = None;
        let done = self.done.clone();
        self.spawn(page, "newer token", async move {
            let refusal = Refusal { url: API, answered_by: API, token: &token, www_authenticate: None };
            let result = client.access_token_after(&refusal).await.map(|token| token.map(Secret::into_exposed));
            done.borrow_mut().push((page, Done::Newer(token, result)));
        });
    }

    /// Like a login in a popup: the page stays.
    fn log_in_here(&mut self, page: usize, user: u64) {
        let Some(client) = self.client(page) else { return };
        let (world, done) = (self.world.clone(), self.done.clone());
        let is_bound = self.is_bound;
        self.spawn(page, "login", async move {
            let url = match is_bound {
                // The browser may have to make the key first.
                true => client.pushed(&LoginOptions::new()).await,
                false => client.authorization_url(&LoginOptions::new()),
            };
            let result = match url {
                Ok(url) => {
                    let callback = world.server.borrow_mut().authorize(&url, user);
                    drop(world);
                    client.handle_callback(Some(&callback)).await
                }
                Err(error) => Err(error),
            };
            done.borrow_mut().push((page, Done::Login(user, result)));
        });
    }

    fn log_in_by_redirect(&mut self, page: usize, user: u64) {
        let Some(client) = self.client(page) else { return };
        let Ok(url) = client.authorization_url(&LoginOptions::new()) else { return };
        let callback = self.world.server.borrow_mut().authorize(&url, user);
        let tab = self.world.pages.borrow()[page].tab;
        self.log(|| format!("page {page} leaves for a login of user {user}"));
        drop(client);
        self.kill(page);
        self.open_page(tab, &callback, Some(user));
    }

    fn log_out(&mut self, page: usize) {
        let Some(client) = self.client(page) else { return };
        let (world, done) = (self.world.clone(), self.done.clone());
        self.spawn(page, "logout", async move {
            world.event(Event::LogsOut { page });
            drop(world);
            let result = client.logout(&LogoutOptions::new()).await;
            done.borrow_mut().push((page, Done::Logout(result)));
        });
    }

    fn reload(&mut self, page: usize) {
        let tab = self.world.pages.borrow()[page].tab;
        self.log(|| format!("page {page} is reloaded"));
        self.kill(page);
        self.open_page(tab, "https://app.example/start", None);
    }

    fn open_tab(&mut self) {
        let mut tabs = self.world.tabs.borrow_mut();
        tabs.push(Default::default());
        let tab = tabs.len() - 1;
        drop(tabs);
        self.open_page(tab, "https://app.example/start", None);
    }

    fn open_page(&mut self, tab: usize, url: &str, user: Option<u64>) {
        let host = self.world.open_page(tab, url);
        let number = host.page;
        self.log(|| format!("page {number} is loaded in tab {tab}"));
        let page = Page::new(host);
        self.shown.push(Shown { page: Some(page.clone()), ..Shown::default() });
        let (done, configuration) = (self.done.clone(), self.configuration());
        self.spawn(number, "connect", async move {
            let result = Client::connect(&page, configuration).await;
            done.borrow_mut().push((number, Done::Connected(result.clone())));
            if let (Ok(client), Some(user)) = (result, user) {
                let result = client.handle_callback(None).await;
                done.borrow_mut().push((number, Done::Login(user, result)));
            }
        });
    }

    fn configuration(&self) -> Configuration {
        thread_local! {
            static METADATA: Json = Json::parse(
                br#"{"authorization_endpoint":"https://as.example/authorize","token_endpoint":"https://as.example/token",
                    "dpop_signing_alg_values_supported":["ES256"]}"#,
            )
            .unwrap();
        }
        Configuration::new(CLIENT)
            .issuer(ISSUER)
            .scope("openid offline_access")
            .redirect_uri("https://app.example/callback")
            .id_token_signature(IdTokenSignature::TrustTls)
            .token_store(match self.world.rules.borrow().token_store {
                "local" => TokenStore::Local,
                "session" => TokenStore::Session,
                _ => TokenStore::Memory,
            })
            .allowed_origin("https://api.example")
            .metadata(METADATA.with(Clone::clone))
            .dpop(if self.is_bound { Usage::Auto } else { Usage::Never })
    }

    fn spawn(&mut self, page: usize, name: &'static str, work: impl Future<Output = ()> + 'static) {
        self.log(|| format!("page {page}: {name} is asked for"));
        let (began, freezes) = (self.world.now.get(), self.world.pages.borrow()[page].freezes);
        self.tasks.push(Task {
            page,
            work: Box::pin(work),
            woken: Woken::new(),
            name,
            number: self.world.number(),
            began,
            freezes,
        });
    }

    /// The page ends, between any two steps. No code of it runs any more, not even a drop.
    fn kill(&mut self, page: usize) {
        let world = self.world.clone();
        self.counts.kills += 1;
        world.pages.borrow_mut()[page].is_alive = false;
        world.pages.borrow_mut()[page].hear = None;
        world.timers.borrow_mut().retain(|timer| timer.page != page);
        world.messages.borrow_mut().retain(|(to, _)| *to != page);
        world.lock.borrow_mut().queue.retain(|waiter| waiter.page != page);
        let mut unknown = Vec::new();
        for flight in world.flights.borrow_mut().iter_mut().filter(|flight| flight.page == page && flight.is_open) {
            let Flight { number, token, is_open, .. } = flight;
            *is_open = false;
            unknown.push((*number, *token));
        }
        for (number, token) in unknown {
            self.settled(number, token, Settled::Unknown);
        }
        let mut dead = Vec::new();
        for place in (0..self.tasks.len()).rev() {
            if self.tasks[place].page == page {
                dead.push(self.tasks.swap_remove(place));
            }
        }
        drop(dead);
        let shown = &mut self.shown[page];
        shown.family = None;
        drop((core::mem::take(&mut shown.clients), shown.page.take()));
    }

    fn freeze(&mut self, page: usize) {
        self.counts.freezes += 1;
        let keeps_timers = self.world.random.chance(50);
        let mut pages = self.world.pages.borrow_mut();
        let state = &mut pages[page];
        (state.is_frozen, state.keeps_timers) = (true, keeps_timers);
        state.freezes += 1;
        drop(pages);
        self.log(|| format!("page {page} freezes"));
    }

    fn wake(&mut self, page: usize) {
        let world = self.world.clone();
        world.pages.borrow_mut()[page].is_frozen = false;
        self.log(|| format!("page {page} wakes"));
        if world.random.chance(30) {
            world.messages.borrow_mut().retain(|(to, _)| *to != page);
        }
        if world.random.chance(80) {
            self.signal(page, Signal::Awake);
        }
        if world.random.chance(40) {
            self.log(|| format!("the user of page {page} had left it"));
            self.signal(page, Signal::Returned);
        }
    }

    // ── the invariants ──

    fn grow(&mut self, family: usize) {
        while self.families.len() <= family {
            self.families.push(Family::default());
        }
    }

    fn check(&mut self) {
        let world = self.world.clone();
        for (page, work) in world.spawned.take() {
            self.spawn(page, "spawned", work);
        }
        for event in world.events.take() {
            self.account(event);
        }
        let done = self.done.take();
        for (page, done) in &done {
            if let Done::Connected(Ok(client)) = done {
                self.listen(*page, client);
                self.shown[*page].clients.push(client.clone());
            }
        }
        for page in world.asked.take() {
            if world.pages.borrow()[page].is_alive {
                self.ask_token(page, false);
            }
        }
        if !world.server.borrow().unproven.is_empty() {
            self.wrong("a token that is bound to a key is sent without a proof");
        }
        for page in 0..self.shown.len() {
            self.check_page(page);
        }
        for (page, done) in done {
            self.check_done(page, done);
        }
    }

    fn account(&mut self, event: Event) {
        match event {
            Event::Wrong(text) => self.wrong(text),
            Event::LeaseFailed => self.lease_failed = true,
            Event::LogsOut { page } => {
                let ended = [self.shown[page].family, self.kept.map(|(family, _)| family).filter(|_| self.shares())];
                for family in ended.into_iter().flatten() {
                    self.grow(family);
                    self.families[family].is_ended = true;
                }
            }
            Event::NotKept { family } => {
                if let Some(family) = family {
                    self.grow(family);
                    let family = &mut self.families[family];
                    self.counts.tainted += u64::from(!family.is_tainted);
                    family.is_tainted = true;
                }
            }
            Event::Kept { page, record, place } => self.kept(page, record, place),
            Event::Refresh { page, token, flight } => self.check_refresh(page, token, flight),
        }
    }

    fn kept(&mut self, page: usize, record: Option<(usize, u64)>, place: Store) {
        if let Some((family, generation)) = record {
            self.grow(family);
            let family = &mut self.families[family];
            family.stored = family.stored.max(Some(generation));
        }
        if place == Store::Tab {
            if self.shares() {
                self.wrong("a session that tabs share is kept in one of them");
            }
            return;
        }
        let step = self.world.step.get();
        let before = core::mem::replace(&mut self.kept, record);
        // A page that cannot see an entry may overwrite it.
        let answered = self.world.pages.borrow()[page].answered;
        let is_blind = self.world.is_blind(page, answered);
        for (family, _) in [before, record].into_iter().flatten().filter(|_| is_blind) {
            let family = &mut self.families[family];
            self.counts.excused += u64::from(!family.is_excused);
            (family.is_excused, family.is_tainted) = (true, true);
        }
        match (before, record) {
            (Some((was, _)), None) => {
                // The session of a login that the store did not keep.
                let is_replaced = self.world.pages.borrow()[page]
                    .own
                    .iter()
                    .any(|own| self.families.get(*own).is_some_and(|own| own.is_tainted));
                let family = &mut self.families[was];
                if !family.is_ended && !family.is_tainted && !is_replaced {
                    return self.wrong(format!("page {page} takes session {was} out of the store, and nobody has ended it"));
                }
                if family.is_ended || is_replaced {
                    family.left_at.get_or_insert(step);
                }
            }
            (before, Some((family, generation))) => {
                let state = &self.families[family];
                if state.left_at.is_some() && !state.is_tainted {
                    return self
                        .wrong(format!("page {page} puts session {family} back into the store, which had gone on without it"));
                }
                let Some((was, old)) = before else { return };
                if was == family {
                    if generation < old && !state.is_excused {
                        self.wrong(format!("page {page} puts generation {generation} over {old}"));
                    }
                } else {
                    if !self.world.pages.borrow()[page].own.contains(&family) && !state.is_tainted {
                        return self.wrong(format!("page {page} puts session {family}, which is not its own, over {was}"));
                    }
                    self.families[was].left_at.get_or_insert(step);
                }
            }
            (None, None) => {}
        }
    }

    /// Whether the lock or lease that makes `page` the only sender may be gone without the page's fault.
    fn has_lost_lock(&self, page: usize) -> bool {
        let pages = self.world.pages.borrow();
        let Some(tenure) = &pages[page].tenure else { return self.lease_failed };
        self.is_past(tenure, pages[page].freezes) || tenure.is_bare || tenure.is_lease && self.world.jumps.get() != tenure.jumps
    }

    /// Whether a tenure is over because its page, which has been frozen so often by now, slept.
    fn is_past(&self, tenure: &Tenure, freezes: u32) -> bool {
        self.world.now.get() - tenure.since >= HOLD && freezes > tenure.freezes
    }

    fn check_refresh(&mut self, page: usize, token: Token, flight: u64) {
        self.grow(token.family);
        let left_alone = self.world.pages.borrow()[page].left_alone;
        let is_told = left_alone.is_some_and(|(family, until)| family == token.family && self.world.now.get() < until);
        // A login begins anew. If it was not kept, the page may fall back to the session before.
        if is_told && !self.families[token.family].is_tainted {
            return self.wrong(format!("page {page} sends a refresh before the time that the server has asked for"));
        }
        // Once when the access token is still valid, and once when it is over.
        if self.world.pages.borrow()[page].refused.is_some_and(|(family, times)| family == token.family && times > 1) {
            return self.wrong(format!("page {page} repeats by itself what the server has refused"));
        }
        let shares = self.shares();
        let began = self.world.pages.borrow()[page].tenure.as_ref().map_or(0, |tenure| tenure.step);
        let mut excused = self.families[token.family].is_excused || shares && self.world.is_blind(page, began);
        let mut wrong = None;
        for sent in &self.families[token.family].sent {
            let other = sent.page;
            let is_alive = self.world.pages.borrow()[other].is_alive;
            // By now, the page may have had another tenure: for a refresh of a session that has ended since.
            let freezes = self.world.pages.borrow()[other].freezes;
            let has_overslept =
                sent.outcome.is_none() && sent.tenure.as_ref().is_some_and(|tenure| self.is_past(tenure, freezes));
            let is_lost =
                shares && other != page && (self.has_lost_lock(page) || is_alive && (self.has_lost_lock(other) || has_overslept));
            let is_same = sent.generation == token.generation;
            let next = match sent.outcome {
                None if !is_alive => None,
                None if other == page => Some("two refreshes at once in one page".to_string()),
                None if shares => Some(format!("a refresh while that of page {other} is under way")),
                None => None,
                Some(Settled::Unknown) => None,
                Some(Settled::Tokens(_, generation)) if is_same && generation > token.generation => {
                    let was_lost = !is_alive && self.families[token.family].stored < Some(generation);
                    let has_left = is_alive && other != page && self.shown[other].family != Some(token.family);
                    (!was_lost && !has_left).then(|| format!("{token:?} again, though page {other} got its successor"))
                }
                Some(Settled::Tokens(..) | Settled::Refused) => None,
            };
            if next.is_some() && is_lost {
                excused = true;
            }
            wrong = wrong.or(next);
        }
        let tenure = self.world.pages.borrow()[page].tenure.clone();
        let family = &mut self.families[token.family];
        self.counts.excused += u64::from(excused && !family.is_excused);
        family.is_excused = excused;
        family.sent.push(Sent { generation: token.generation, page, flight, tenure, outcome: None });
        if let Some(wrong) = wrong.filter(|_| !excused) {
            self.wrong(format!("page {page} sends {wrong}"));
        }
    }

    fn check_page(&mut self, page: usize) {
        let Some(client) = self.shown[page].clients.first() else { return };
        let session = client.session();
        if self.shown[page].snapshot.as_ref().is_some_and(|before| Rc::ptr_eq(before, &session)) {
            return;
        }
        self.shown[page].snapshot = Some(session.clone());
        if is_secret(&format!("{session:?}")) {
            return self.wrong("a token is in the Debug of a session");
        }
        let claims = session.claims.as_ref();
        let now = claims.and_then(|claims| claims.text("sid")).and_then(|sid| sid.parse::<usize>().ok());
        self.log(|| format!("page {page} shows {now:?}, {:?}", session.status));
        if (session.status == Status::SignedOut) != now.is_none() {
            return self.wrong("a session without claims");
        }
        let before = core::mem::replace(&mut self.shown[page].family, now);
        if before == now {
            return;
        }
        if let Some(before) = before {
            self.shown[page].past.push(before);
        }
        let Some(family) = now else { return self.check_end(page, before) };
        self.grow(family);
        let user = format!("user-{}", self.world.server.borrow().families[family].user);
        if claims.and_then(|claims| claims.text("sub")) != Some(&user) {
            return self.wrong(format!("page {page} shows another user than session {family} is of"));
        }
        let state = &self.families[family];
        if state.is_tainted {
            return;
        }
        if self.shown[page].past.contains(&family) {
            return self.wrong(format!("page {page} goes back to session {family}"));
        }
        let pages = self.world.pages.borrow();
        let is_known = pages[page].own.contains(&family)
            || pages[page].opened.iter().any(|(opened, at)| *opened == family && state.left_at.is_none_or(|left| *at <= left));
        drop(pages);
        // An outdated copy of the store shows the past.
        if !is_known && !self.world.rules.borrow().lags {
            self.wrong(format!("page {page} goes on with session {family}, which is neither its own nor in the store"));
        }
    }

    /// A page shows no session any more.
    fn check_end(&mut self, page: usize, before: Option<usize>) {
        let Some(before) = before else { return };
        self.grow(before);
        let state = &self.families[before];
        if state.is_tainted {
            return;
        }
        if !(state.is_ended || self.shares() && state.left_at.is_some()) {
            return self.wrong(format!("page {page} ends session {before}, and nobody has told it to"));
        }
        // A record whose token has expired, and that nothing renews, is not a session.
        if self.shares()
            && self.world.server.borrow().renews
            && !self.world.rules.borrow().lags
            && let Some((kept, _)) = self.kept
            && !self.families[kept].is_ended
        {
            self.wrong(format!("page {page} is signed out, and the store has session {kept}"));
        }
    }

    fn check_done(&mut self, page: usize, done: Done) {
        match done {
            Done::Connected(Ok(_)) | Done::Logout(Ok(())) => {}
            Done::Connected(Err(error)) => self.wrong(format!("connect failed: {error:?}")),
            Done::Logout(Err(error)) => self.wrong(format!("logout failed: {error:?}")),
            Done::Newer(_, Ok(None)) => {}
            Done::Newer(refused, Ok(Some(token))) => {
                let family = |token: &str| Token::parse(token).map(|token| token.family);
                if refused == token || family(&refused) != family(&token) {
                    return self.wrong(format!("page {page} gives out {token} for a request that went out with {refused}"));
                }
                self.counts.newer += 1;
                self.check_token(page, &token);
            }
            Done::Token(Ok(token)) => self.check_token(page, &token),
            // The server says whose it is only in its text.
            Done::ApiToken(Ok(token)) => {
                if Token::parse(&token).is_none() {
                    self.wrong(format!("page {page} gives out {token}"));
                }
            }
            Done::Token(Err(error)) | Done::ApiToken(Err(error)) | Done::Newer(_, Err(error)) => {
                let expected = [
                    "no_session",
                    "session_ended",
                    "token_request_failed",
                    "token_response_malformed",
                    "id_token_invalid",
                    "network_failed",
                    "timed_out",
                    "aborted",
                ];
                // The app had asked for that refresh.
                if let Some((_, times)) = &mut self.world.pages.borrow_mut()[page].refused {
                    *times = 1;
                }
                // This is not a reason to send it, nor to end the session.
                let may_not_open = error.code() == "storage_unavailable" && self.may_not_open;
                self.check_error(page, &error, if may_not_open { &["storage_unavailable"] } else { &expected });
            }
            Done::Login(user, Ok(result)) => self.check_login(page, user, &result),
            Done::Login(_, Err(error)) => {
                let expected = [
                    "storage_unavailable",
                    "transaction_not_found",
                    "transaction_expired",
                    "token_request_failed",
                    "token_response_malformed",
                    "id_token_invalid",
                    "network_failed",
                    "timed_out",
                    "aborted",
                ];
                self.check_error(page, &error, &expected);
            }
        }
    }

    /// The session of a login is that of its user, and kept.
    fn check_login(&mut self, page: usize, user: u64, result: &LoginResult) {
        let sid = result.session.claims.as_ref().and_then(|claims| claims.text("sid"));
        let family = sid.and_then(|sid| sid.parse::<usize>().ok());
        let of = family.map(|family| self.world.server.borrow().families[family].user);
        self.log(|| format!("page {page}: the login of user {user} is done"));
        if of != Some(user) {
            return self.wrong(format!("page {page}: the login of user {user} ends in a session of {of:?}"));
        }
        let family = family.unwrap_or_default();
        let is_kept = self.families[family].stored.is_some() || self.families[family].is_tainted;
        if !is_kept && self.world.rules.borrow().token_store != "memory" {
            self.wrong(format!("page {page}: the session {family} of the login is not kept"));
        }
    }

    fn check_error(&mut self, page: usize, error: &Error, expected: &[&str]) {
        self.log(|| format!("page {page}: {error:?}"));
        if is_secret(&format!("{error:?} {error} {} {}", error.message(), error.hint())) {
            self.wrong("a token is in an error");
        } else if !expected.contains(&error.code()) {
            self.wrong(format!("page {page}: {error:?} was not expected"));
        }
    }

    /// An access token reaches the app.
    fn check_token(&mut self, page: usize, text: &str) {
        let Some(token) = Token::parse(text) else { return self.wrong("an access token that the server never gave") };
        self.log(|| format!("page {page}: {token:?}"));
        self.shown[page].handed = Some(text.into());
        if self.shown[page].family != Some(token.family) {
            let shown = self.shown[page].family;
            return self.wrong(format!("page {page} gives out a token of session {}, and shows {shown:?}", token.family));
        }
        let minted: u64 = text.rsplit('.').next().and_then(|minted| minted.parse().ok()).unwrap_or_default();
        let lifetime = self.world.server.borrow().lifetime;
        // A page that was not told of the sleep does not know that the token is over.
        let may_not_know = self.world.stood_still.get() && !self.world.server.borrow().renews;
        if self.world.jumps.get() == 0 && self.world.now.get() >= minted + lifetime && !may_not_know {
            return self.wrong(format!("page {page} gives out a token that has expired"));
        }
        let family = &self.families[token.family];
        let is_kept = match self.world.rules.borrow().token_store {
            "memory" => true,
            "local" if self.kept.is_none_or(|(kept, _)| kept != token.family) => true,
            _ => family.stored >= Some(token.generation),
        };
        if token.generation > 0 && !is_kept && !family.is_tainted && !family.is_ended && !family.is_excused {
            self.wrong(format!("page {page} gives out {token:?} before what renews it is stored"));
        }
    }
}

fn is_secret(text: &str) -> bool {
    // The second is the beginning of an ID token's signature.
    text.contains(MARK) || text.contains("U0VDUkVU")
}
