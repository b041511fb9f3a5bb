//! Many at once, and servers that are odd in time: a thousand sessions that are over at the same moment, instances whose clocks
//! differ, clients that are slow, and a token endpoint that answers twice. Nobody is signed out, nobody gets another's answer,
//! and each refresh token is sent once.
//!
//! `make test` runs a short form, and `make test-all` the whole: `CROWD=1000 cargo test -p wicketgate-backend crowds --
//! --nocapture` prints its figures.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures how long something took, and prints it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wicketgate::protocol::secret::Secret;
use wicketgate_backend::{Configuration, router};

use crate::redis_server::RedisServer;
use crate::servers::{Api, AuthorizationServer, Requests, field, json_answer, record, serve};
use crate::setup::{ACCESS_TOKEN, Hands, Setup, configuration, hand_off_with, until};

type Cookies = Vec<(String, String)>;

/// How many sessions, or clients, a test has.
fn crowd() -> usize {
    std::env::var("CROWD").ok().and_then(|count| count.parse().ok()).unwrap_or(100)
}

/// A token endpoint that gives each login refresh tokens of its own, each good once.
#[derive(Clone, Default)]
struct Rotating {
    requests: Requests,
    /// The refresh tokens that are good, and how often each one came.
    good: Arc<Mutex<BTreeMap<String, String>>>,
    came: Arc<Mutex<BTreeMap<String, usize>>>,
    trouble: Arc<Mutex<Trouble>>,
}

#[derive(Clone, Copy, Default)]
enum Trouble {
    #[default]
    None,
    Down,
    Slow(Duration),
}

impl Rotating {
    async fn start() -> (Self, String) {
        let server = Self::default();
        let origin = serve(Router::new().fallback(rotate).with_state(server.clone())).await;
        (server, format!("{origin}/token"))
    }

    /// How many refreshes came, and whether any refresh token came twice.
    fn refreshes(&self) -> (usize, bool) {
        let came = self.came.lock().unwrap();
        (came.values().sum(), came.values().any(|count| *count > 1))
    }
}

async fn rotate(State(server): State<Rotating>, request: Request) -> Response {
    let trouble = *server.trouble.lock().unwrap();
    match trouble {
        Trouble::None => {}
        Trouble::Down => return json_answer(503, &json!({})),
        Trouble::Slow(time) => tokio::time::sleep(time).await,
    }
    let request = record(&server.requests, request).await;
    let login = match field(&request, "refresh_token") {
        Some(token) => {
            *server.came.lock().unwrap().entry(token.clone()).or_default() += 1;
            match server.good.lock().unwrap().remove(&token) {
                Some(login) => login,
                None => return json_answer(400, &json!({ "error": "invalid_grant" })),
            }
        }
        None => field(&request, "code").unwrap(),
    };
    let number = server.requests.lock().unwrap().len();
    let token = format!("MARKED-{login}-{number}");
    server.good.lock().unwrap().insert(token.clone(), login.clone());
    // Whose it is shows in the scope.
    json_answer(
        200,
        &json!({ "access_token": ACCESS_TOKEN, "refresh_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": login }),
    )
}

/// Two instances on one store, with clocks of their own.
struct Instances {
    _redis: RedisServer,
    server: Rotating,
    both: [Setup; 2],
    hands: [Hands; 2],
}

impl Instances {
    async fn start() -> Self {
        let redis = RedisServer::start().await;
        let (server, token_endpoint) = Rotating::start().await;
        let hands = [Hands::default(), Hands::default()];
        let instance = async |hands: &Hands| {
            let mut configuration: Configuration = configuration(&token_endpoint);
            configuration.session_store = Some(Secret::new(redis.url()));
            configuration.clock = hands.clock();
            let origin = serve(router(configuration).unwrap()).await;
            Setup { origin, server: AuthorizationServer::start().await }
        };
        let both = [instance(&hands[0]).await, instance(&hands[1]).await];
        Self { _redis: redis, server, both, hands }
    }

    /// A user who logs in at the first instance, told by their name from all others.
    async fn log_in(&self, name: &str) -> Cookies {
        let answer = self.both[0].exchange(hand_off_with("code", name)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.cookies().0
    }

    fn pass(&self, seconds: u64) {
        self.hands.iter().for_each(|hands| hands.pass(seconds));
    }
}

#[tokio::test]
async fn sessions_that_are_over_at_the_same_moment_cost_one_refresh_each_and_no_failure() {
    let instances = Arc::new(Instances::start().await);
    let mut users = Vec::new();
    for number in 0..crowd() {
        let name = format!("user-{number}");
        users.push((instances.log_in(&name).await, name));
    }
    instances.pass(4000);
    let begun = Instant::now();
    // Three requests of each, at both instances, in batches that a machine has connections for.
    for batch in users.chunks(100) {
        let asking = batch.iter().flat_map(|(cookies, name)| {
            [0, 1, 0].map(|at| {
                let (instances, cookies, name) = (instances.clone(), cookies.clone(), name.clone());
                tokio::spawn(async move {
                    let answer = instances.both[at].session(&cookies).await;
                    assert_eq!((answer.status, answer.json()["session"]["scope"].as_str()), (200, Some(name.as_str())));
                })
            })
        });
        for asked in futures_util::future::join_all(asking).await {
            asked.unwrap();
        }
    }
    println!("{} sessions, {} requests: {:?}", users.len(), users.len() * 3, begun.elapsed());
    assert_eq!(instances.server.refreshes(), (users.len(), false));
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_or_slow_ends_no_session_and_all_is_well_when_it_is_back() {
    let instances = Instances::start().await;
    let mut users = Vec::new();
    for number in 0..crowd() {
        users.push(instances.log_in(&format!("user-{number}")).await);
    }
    // The access tokens are in their last seconds, and then over.
    for (passes, while_down) in [(3_580, 200), (30, 502)] {
        instances.pass(passes);
        *instances.server.trouble.lock().unwrap() = Trouble::Down;
        let begun = Instant::now();
        for cookies in &users {
            assert_eq!(instances.both[0].session(cookies).await.status, while_down);
        }
        println!("down: {} requests answered {while_down} in {:?}", users.len(), begun.elapsed());
    }
    *instances.server.trouble.lock().unwrap() = Trouble::Slow(Duration::from_secs(1));
    let begun = Instant::now();
    for batch in users.chunks(100) {
        for answer in futures_util::future::join_all(batch.iter().map(|cookies| instances.both[1].session(cookies))).await {
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
    }
    println!("back, and slow by a second: {} sessions are well after {:?}", users.len(), begun.elapsed());
    assert_eq!(instances.server.refreshes(), (users.len(), false));
}

#[tokio::test]
async fn instances_whose_clocks_differ_by_five_minutes_sign_nobody_out_and_send_no_refresh_token_twice() {
    for ahead in [0, 1] {
        let instances = Instances::start().await;
        instances.hands[ahead].pass(300);
        let cookies = instances.log_in("ada").await;
        // A day, every five minutes at both.
        let hours = if crowd() >= 1000 { 23 } else { 4 };
        for _ in 0..hours * 12 {
            instances.pass(300);
            for at in [0, 1] {
                let answer = instances.both[at].session(&cookies).await;
                assert_eq!(answer.status, 200, "instance {at}, {ahead} is ahead: {}", answer.body);
            }
        }
        let (refreshes, is_twice) = instances.server.refreshes();
        println!("instance {ahead} ahead: {refreshes} refreshes in {hours} hours");
        assert!(!is_twice && refreshes >= hours - 1 && refreshes <= hours * 2, "{refreshes}");
    }
}

#[tokio::test]
async fn a_session_that_began_at_an_instance_ahead_lasts_as_long_as_it_may_at_one_behind() {
    let instances = Instances::start().await;
    instances.hands[0].pass(300);
    let cookies = instances.log_in("ada").await;
    // Used, by the clock of the one behind, before it was signed in.
    for at in [1, 0, 1] {
        assert_eq!(instances.both[at].session(&cookies).await.status, 200);
    }
    // Idle for a day, by the later clock.
    instances.pass(86_400 + 301);
    assert_eq!(instances.both[1].session(&cookies).await.status, 401);
}

#[tokio::test]
async fn slow_clients_hold_nobody_up() {
    let api = Api::start(|| json_answer(200, &json!({ "hours": 12 }))).await;
    let setup = Setup::with(|configuration| {
        configuration.api_origin = Some(api.origin.clone());
        configuration.timeout = Duration::from_secs(2);
    })
    .await;
    let cookies = setup.log_in().await;
    let count = if crowd() >= 1000 { 256 } else { 64 };
    let mut slow = Vec::new();
    for number in 0..count {
        let mut stream = TcpStream::connect(setup.origin.trim_start_matches("http://")).await.unwrap();
        // Half a head, half a hand-off, and half a body for the API.
        let begun: &[u8] = match number % 3 {
            0 => b"GET /auth/session HTTP/1.1\r\nhost: x\r\ncook",
            1 => {
                b"POST /auth/exchange HTTP/1.1\r\nhost: x\r\norigin: https://app.example\r\nx-requested-with: wicketgate\r\n\
                   sec-fetch-site: same-origin\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"code\":"
            }
            _ => {
                b"POST /api/v1/echo HTTP/1.1\r\nhost: x\r\norigin: https://app.example\r\nsec-fetch-site: same-origin\r\n\
                   content-length: 100\r\n\r\nhalf"
            }
        };
        stream.write_all(begun).await.unwrap();
        slow.push(stream);
    }
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    for _ in 0..50 {
        let asked = Instant::now();
        assert_eq!(setup.session(&cookies).await.status, 200);
        let answer = crate::setup::from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
        assert_eq!((answer.status, answer.json()["hours"].as_u64()), (200, Some(12)));
        longest = longest.max(asked.elapsed());
    }
    println!("beside {count} slow clients: 100 requests in {:?}, the slowest pair {longest:?}", begun.elapsed());
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    // A hand-off that does not come to its end is given up, and says so.
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), slow[1].read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
}

/// A token endpoint that answers every request twice: once for it, and once more for nobody.
async fn answering_twice(open: Arc<Mutex<usize>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            *open.lock().unwrap() += 1;
            tokio::spawn(async move {
                let mut received = Vec::new();
                loop {
                    let mut bytes = [0; 4096];
                    let Ok(count) = stream.read(&mut bytes).await else { return };
                    if count == 0 {
                        return;
                    }
                    received.extend_from_slice(&bytes[..count]);
                    let text = String::from_utf8_lossy(&received).into_owned();
                    let Some((_, body)) = text.split_once("\r\n\r\n") else { continue };
                    let Some(code) = url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "code") else {
                        continue;
                    };
                    let answer = |scope: &str| {
                        let body =
                            json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 3600, "scope": scope });
                        let body = body.to_string();
                        format!(
                            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                            body.len()
                        )
                    };
                    received.clear();
                    let twice = answer(&code.1) + &answer(&format!("second-answer-to-{}", code.1));
                    if stream.write_all(twice.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    origin
}

#[tokio::test]
async fn a_token_endpoint_that_answers_twice_gives_nobody_anothers_tokens() {
    let connections = Arc::new(Mutex::new(0));
    let token_endpoint = answering_twice(connections.clone()).await + "/token";
    let origin = serve(router(configuration(&token_endpoint)).unwrap()).await;
    let setup = Setup { origin, server: AuthorizationServer::start().await };
    for number in 0..20 {
        let name = format!("user-{number}");
        let mut answer = setup.exchange(hand_off_with("code", name.as_str())).await;
        // The second answer may end a connection that the next request was about to use: that login is begun again.
        if answer.status == 502 {
            answer = setup.exchange(hand_off_with("code", name.as_str())).await;
        }
        assert_eq!((answer.status, answer.json()["session"]["scope"].as_str()), (200, Some(name.as_str())), "{}", answer.body);
    }
    let connections = *connections.lock().unwrap();
    assert!(connections >= 20, "a connection with an answer that nobody asked for is not used again: {connections}");
    until("done", async || true).await;
}
