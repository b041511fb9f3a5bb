//! The lying provider (`tests/provider/`) against the client in a simulated tab: each lie ends in its named error, with nobody
//! signed in and no data left behind; an answer that is only unusual is accepted. `tests/e2e/` does the same in a browser.
//! same in a browser.
//!
//! One test for each lie, named after its file. If the client accepts a lie that it must refuse, the test fails with "was
//! accepted", and `scripts/mutants.mjs` searches for that text. The table of all lies goes to
//! `target/test-logs/lies-native.txt`.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use wicketgate::client::{AccessTokenOptions, Client, Configuration, LoginOptions, Page, Session};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::{MAX_BODY, Request};
use wicketgate::protocol::secret::Secret;

use support::host::{Answer, TestHost, block_on};

const CLIENT_ID: &str = "wicketgate-tests";
const REDIRECT_URI: &str = "https://app.example/callback";

/// The outcome of each lie.
type Outcomes = Arc<Mutex<BTreeMap<String, String>>>;

pub(crate) fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // The provider is one process, and each test waits for it.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let mut provider = Provider::start();
    let lies = provider.lies();
    let outcomes = Outcomes::default();
    let trials = lies.iter().map(|lie| {
        let (lie, origin, outcomes) = (lie.clone(), provider.origin.clone(), outcomes.clone());
        let name = lie["name"].as_str().unwrap().to_owned();
        Trial::test(name, move || tell(&origin, &lie, &outcomes))
    });
    let is_whole = arguments.filter.is_none() && !arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    provider.end();
    if is_whole {
        report(&lies, &outcomes);
    }
    conclusion.exit_code()
}

struct Provider {
    process: Child,
    origin: String,
}

impl Provider {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/provider/provider.mjs");
        let node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = node.expect("Node is needed: the provider is a script");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let origin = serde_json::from_str::<Value>(&line).unwrap()["origin"].as_str().unwrap().into();
        Self { process, origin }
    }

    fn lies(&self) -> Vec<Value> {
        let answer = fetch(&Request::get(wicketgate::protocol::http::Purpose::Metadata, format!("{}/lies", self.origin)));
        let Answer::Is(200, _, body) = answer else { panic!("the provider does not list its lies") };
        serde_json::from_slice(&body).unwrap()
    }

    /// The provider ends when its input ends.
    fn end(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// One request over the network, as `browser/fetch.rs` would send it.
fn fetch(request: &Request) -> Answer {
    let agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .new_agent();
    let sent = match &request.body {
        Some(body) => request
            .headers
            .iter()
            .fold(agent.post(&request.url), |sent, (name, value)| sent.header(name, value))
            .send(body.expose()),
        None => request.headers.iter().fold(agent.get(&request.url), |sent, (name, value)| sent.header(name, value)).call(),
    };
    let Ok(mut answer) = sent else { return Answer::Lost };
    let status = answer.status().as_u16();
    let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
    // Leaked for as long as the test runs.
    let content_type = content_type.map(|value| &*String::leak(value.into()));
    let nonce = answer.headers().get("dpop-nonce").and_then(|value| value.to_str().ok()).map(str::to_owned);
    match answer.body_mut().with_config().limit(MAX_BODY as u64 + 1).read_to_vec() {
        Ok(body) if nonce.is_some() => Answer::WithNonce(status, nonce.unwrap_or_default(), String::from_utf8(body).unwrap()),
        Ok(body) if body.len() <= MAX_BODY && !(300..400).contains(&status) => Answer::Is(status, content_type, body),
        Ok(_) | Err(_) => Answer::Lost,
    }
}

/// The provider answers an authorization request at once: returns the URL to which it redirects.
fn authorize(url: &str) -> String {
    let agent = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
    let mut url = url.to_owned();
    // From one issuer to another, if it forwards the request.
    loop {
        let answer = agent.get(&url).call().unwrap();
        url = answer.headers()["location"].to_str().unwrap().into();
        if url.starts_with(REDIRECT_URI) {
            return url;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the provider lives in the real time, and so must the tab")]
fn tab() -> TestHost {
    let host = TestHost::new(7, "https://app.example/start");
    host.jump_to(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap());
    host.connect_to_network(fetch);
    host
}

/// The observed outcome of a login: the step that failed, and its error.
struct Seen {
    step: &'static str,
    error: Option<Error>,
    client: Option<Rc<Client<TestHost>>>,
    host: TestHost,
}

fn log_in(origin: &str, lie: &Value) -> Seen {
    let name = lie["name"].as_str().unwrap();
    let mut config = json!({
        "clientId": CLIENT_ID, "issuer": format!("{origin}/{name}"), "redirectUri": REDIRECT_URI,
        "scope": "openid profile offline_access",
        "tokenStore": "memory", "requestTimeout": 20,
    });
    for (member, value) in lie["config"].as_object().into_iter().flatten() {
        config[member] = value.clone();
    }
    let configuration = Configuration::from_json(&config.to_string()).unwrap();
    let options = LoginOptions::from_json(&lie["options"].as_object().map_or("{}".into(), |options| json!(options).to_string()));
    let host = tab();
    let seen = |step, error, client| Seen { step, error, client, host: host.clone() };

    let client = match block_on(Client::connect(&Page::new(host.clone()), configuration.clone())) {
        Ok(client) => client,
        Err(error) => return seen("connect", Some(error), None),
    };
    if let Err(error) = block_on(client.load()) {
        return seen("connect", Some(error), Some(client));
    }
    let url = match client.authorization_url(&options.unwrap()) {
        Ok(url) => url,
        Err(error) => return seen("begin", Some(error), Some(client)),
    };
    let page = Page::new(host.next_page(&authorize(&url)));
    let client = block_on(Client::connect(&page, configuration)).unwrap();
    if let Err(error) = block_on(client.handle_callback(None)) {
        return seen("login", Some(error), Some(client));
    }
    let (step, outcome) = match lie["when"].as_str() {
        Some("refresh") => ("refresh", renew(&client)),
        Some("userinfo") => ("userinfo", block_on(client.user_info()).map(|claims| assert_eq!(claims.text("sub"), Some("ada")))),
        _ => ("login", Ok(())),
    };
    seen(step, outcome.err(), Some(client))
}

fn renew(client: &Client<TestHost>) -> Result<(), Error> {
    let before = token(client).unwrap();
    let forced = AccessTokenOptions::new().force_refresh(true);
    block_on(client.access_token(&forced)).map(Secret::into_exposed).map(|token| assert_ne!(token, before))
}

fn token(client: &Client<TestHost>) -> Result<String, Error> {
    block_on(client.access_token(&AccessTokenOptions::new())).map(Secret::into_exposed)
}

fn tell(origin: &str, lie: &Value, outcomes: &Outcomes) -> Result<(), Failed> {
    let seen = log_in(origin, lie);
    let outcome = seen.error.as_ref().map(|error| words(error.code(), error.claim()));
    outcomes.lock().unwrap().insert(lie["name"].as_str().unwrap().into(), outcome.clone().unwrap_or("accepted".into()));
    let expected = lie["expect"]["error"].as_str().map(|error| words(error, lie["expect"]["claim"].as_str()));
    match (&outcome, &expected) {
        (None, Some(expected)) => return Err(format!("was accepted, where {expected} is due").into()),
        _ if outcome != expected => return Err(format!("{outcome:?}, where {expected:?} is due").into()),
        _ => {}
    }
    for (key, value) in seen.host.store_content() {
        if key.starts_with("wicketgate.tx.") && !value.contains("used_at") {
            return Err("left a pending transaction".into());
        }
    }
    let Some(client) = seen.client else { return Ok(()) };
    let when = lie["when"].as_str().unwrap_or("login");
    if expected.is_some() && seen.step != when {
        return Err(format!("shows at the step {}", seen.step).into());
    }
    // The user is known from the ID token; a UserInfo answer does not change that.
    let is_signed_in = expected.is_none() || when == "userinfo";
    if (status(&client.session()), token(&client).is_ok()) != (is_signed_in, is_signed_in) {
        return Err(format!("left the session {:?}", client.session().status).into());
    }
    Ok(())
}

fn status(session: &Session) -> bool {
    session.status.as_str() == "signed-in" && session.claims.as_ref().is_some_and(|claims| claims.text("sub").is_some())
}

fn words(error: &str, claim: Option<&str>) -> String {
    claim.map_or_else(|| error.into(), |claim| format!("{error} ({claim})"))
}

fn report(lies: &[Value], outcomes: &Outcomes) {
    let outcomes = outcomes.lock().unwrap();
    let mut table = format!("{:52} {:42} {}\n", "lie", "error", "refused");
    for lie in lies {
        let name = lie["name"].as_str().unwrap();
        let outcome = outcomes.get(name).map_or("was not run", String::as_str);
        let is_refused = if outcome == "accepted" { "accepted" } else { "refused" };
        table += &format!("{name:52} {:42} {is_refused}\n", outcome.trim_start_matches("accepted"));
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/test-logs");
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(format!("{folder}/lies-native.txt"), table));
    if let Err(error) = written {
        eprintln!("the table was not written: {error}");
    }
}
