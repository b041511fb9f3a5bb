//! The faults of the store, while requests run. No user is signed out, no user gets another's session, and no refresh token is
//! sent twice. After the fault, everything works again within seconds.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures how long something took, and prints it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::program::{Program, command};
use crate::redis_server::RedisServer;
use crate::servers::{AuthorizationServer, Fault};
use crate::setup::{REFRESH_TOKEN, Setup, hand_off_with, until};
use crate::shared::Shared;

type Cookies = Vec<(String, String)>;

/// Requests the sessions of several users at both instances, again and again, until it is stopped.
struct Users {
    stop: Arc<AtomicBool>,
    asking: Vec<tokio::task::JoinHandle<()>>,
    /// How many correct answers each user got.
    told: Vec<Arc<AtomicUsize>>,
    /// How often one of them was told to come again later.
    put_off: Arc<AtomicUsize>,
}

impl Users {
    async fn start(shared: &Arc<Shared>, count: usize) -> Self {
        let mut users =
            Self { stop: Arc::new(AtomicBool::new(false)), asking: Vec::new(), told: Vec::new(), put_off: Arc::default() };
        for user in 0..count {
            // The answer identifies the user.
            shared.first.server.answer.lock().unwrap()["scope"] = format!("user-{user}").into();
            let cookies = shared.first.exchange(hand_off_with("code", format!("code-{user}"))).await.cookies().0;
            let told = Arc::new(AtomicUsize::new(0));
            let (stop, put_off) = (users.stop.clone(), users.put_off.clone());
            users.asking.push(tokio::spawn(ask(shared.clone(), stop, user, cookies, told.clone(), put_off)));
            users.told.push(told);
        }
        shared.first.server.answer.lock().unwrap()["scope"] = json!(null);
        users
    }

    /// Waits until each user got a correct answer from both instances.
    async fn are_told(&self) {
        let before: Vec<usize> = self.told.iter().map(|told| told.load(Ordering::SeqCst)).collect();
        let is_told = |(told, before): (&Arc<AtomicUsize>, &usize)| told.load(Ordering::SeqCst) >= before + 4;
        // A wrong answer ends the user's task, and is reported below.
        let is_wrong = || self.asking.iter().any(tokio::task::JoinHandle::is_finished);
        until("all are told", async || is_wrong() || self.told.iter().zip(&before).all(is_told)).await;
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for asking in self.asking {
            asking.await.unwrap();
        }
    }
}

async fn ask(
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
    user: usize,
    cookies: Cookies,
    told: Arc<AtomicUsize>,
    put_off: Arc<AtomicUsize>,
) {
    while !stop.load(Ordering::SeqCst) {
        for instance in [&shared.first, &shared.second] {
            let answer = instance.session(&cookies).await;
            match answer.status {
                200 => {
                    assert_eq!(answer.json()["session"]["scope"], format!("user-{user}"), "it is another's");
                    told.fetch_add(1, Ordering::SeqCst);
                }
                // A failure that may pass: the user stays signed in.
                502..=504 => drop(put_off.fetch_add(1, Ordering::SeqCst)),
                other => panic!("user {user} was told {other}: {}", answer.body),
            }
            assert!(answer.cookies().1.is_empty(), "nobody is signed out");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Causes `fault` while users ask, and then ends it. Prints figures for docs/design/measurements.md.
async fn survives(what: &str, fault: impl AsyncFn(&Arc<Shared>), end: impl AsyncFn(&Arc<Shared>)) {
    let shared = Arc::new(Shared::start().await);
    let users = Users::start(&shared, 5).await;
    users.are_told().await;
    fault(&shared).await;
    let during = shared.first.exchange(hand_off_with("code", "during")).await;
    assert_eq!((during.status, during.error().as_str()), (503, "temporarily_unavailable"));
    end(&shared).await;
    let ended = Instant::now();
    // Everything works again: for a new login, and for the users before it.
    let mut code = 0;
    until("logins work again", async || {
        code += 1;
        shared.second.exchange(hand_off_with("code", format!("later-{code}"))).await.status == 200
    })
    .await;
    users.are_told().await;
    let put_off = users.put_off.load(Ordering::SeqCst);
    println!("{what}: {put_off} requests put off, nobody signed out, all well {:?} after its end", ended.elapsed());
    users.stop().await;
}

#[tokio::test]
async fn a_store_that_is_paused_signs_nobody_out() {
    survives("paused", async |shared| shared.redis.signal("STOP"), async |shared| shared.redis.signal("CONT")).await;
}

#[tokio::test]
async fn a_store_that_is_full_signs_nobody_out() {
    let set = |shared: &Arc<Shared>, limit: &str| shared.redis.ask::<()>(&["CONFIG", "SET", "maxmemory", limit]);
    survives("full", async |shared| set(shared, "1"), async |shared| set(shared, "0")).await;
}

#[tokio::test]
async fn a_store_that_is_read_only_signs_nobody_out() {
    // As the replica of a master that does not exist.
    let replicate = |shared: &Arc<Shared>, of: [&str; 2]| shared.redis.ask::<()>(&["REPLICAOF", of[0], of[1]]);
    survives("read-only", async |shared| replicate(shared, ["127.0.0.1", "1"]), async |shared| replicate(shared, ["NO", "ONE"]))
        .await;
}

#[tokio::test]
async fn a_store_that_was_killed_and_comes_back_signs_nobody_out() {
    let redis = RedisServer::with(&["--appendonly", "yes", "--appendfsync", "always"]).await;
    let url = redis.url();
    let mut shared = Shared::at(redis, &url).await;
    let cookies = shared.first.log_in().await;
    shared.redis.kill();
    for instance in [&shared.first, &shared.second] {
        let answer = instance.session(&cookies).await;
        assert_eq!((answer.status, answer.error().as_str()), (503, "temporarily_unavailable"));
        assert!(answer.all("set-cookie").is_empty());
        let answer = instance.log_out(&cookies).await;
        assert_eq!(answer.status, 503, "a logout that did not happen does not say that it did");
    }
    shared.redis.start_again().await;
    let ended = Instant::now();
    for instance in [&shared.first, &shared.second] {
        until("the session is there again", async || instance.session(&cookies).await.status == 200).await;
    }
    println!("killed: all well {:?} after the store was there again", ended.elapsed());
}

#[tokio::test]
async fn while_the_store_takes_no_writes_no_refresh_token_is_sent() {
    let shared = Shared::start().await;
    let cookies = shared.first.log_in().await;
    shared.hands.pass(3580);
    shared.redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(shared.first.session(&cookies).await.status, 200, "the access token is still good");
    shared.hands.pass(21);
    assert_eq!(shared.first.session(&cookies).await.status, 503);
    assert!(shared.first.server.refreshes().is_empty());
    shared.redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    until("it is refreshed", async || shared.second.session(&cookies).await.status == 200).await;
    assert_eq!(shared.first.server.refreshes(), [REFRESH_TOKEN]);
}

#[tokio::test]
async fn a_rotated_token_that_the_store_did_not_take_is_kept_until_it_does() {
    // Also if the lock has been lost meanwhile, which can happen if the store was down for long.
    for lock_is_lost in [false, true] {
        let shared = Shared::start().await;
        let cookies = shared.first.log_in().await;
        shared.hands.pass(4000);
        shared.first.server.fails_with(Fault::Late(Duration::from_millis(300)));
        let asking = {
            let (origin, cookies) = (shared.first.origin.clone(), cookies.clone());
            tokio::spawn(async move { crate::setup::from_page(&origin, "GET", "/auth/session").cookies(&cookies).send().await })
        };
        until("the server is asked", async || !shared.first.server.refreshes().is_empty()).await;
        shared.redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
        let answer = asking.await.unwrap();
        assert_eq!(answer.status, 200, "who has it serves it: {}", answer.body);
        for _ in 0..3 {
            assert_eq!(shared.first.session(&cookies).await.status, 200);
        }
        if lock_is_lost {
            shared.redis.ask::<i64>(&["DEL", &shared.redis.keys("lock").remove(0)]);
        }
        shared.redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
        until("the other instance has it too", async || shared.second.session(&cookies).await.status == 200).await;
        assert_eq!(shared.first.server.refreshes(), [REFRESH_TOKEN], "and the one that was used is not sent again");
    }
}

#[tokio::test]
async fn an_instance_that_is_killed_while_it_refreshes_holds_nobody_up_for_long() {
    let (redis, server) = (RedisServer::start().await, AuthorizationServer::start().await);
    let instance = async || {
        let mut command = command(&server.token_endpoint());
        command.env("WICKETGATE_SESSION_STORE", redis.url()).env("WICKETGATE_TIMEOUT", "3");
        Program::start(command).await
    };
    let (first, second) = (instance().await, instance().await);
    let (first_setup, second_setup) = (
        Setup { origin: first.origin.clone(), server: server.clone() },
        Setup { origin: second.origin.clone(), server: server.clone() },
    );
    server.answer.lock().unwrap()["expires_in"] = 1.into();
    let cookies = first_setup.log_in().await;
    server.answer.lock().unwrap()["expires_in"] = 3600.into();
    server.fails_with(Fault::Late(Duration::from_secs(3600)));
    // The token has expired by the wall clock, which the program uses. The requests wait for their answers.
    let mut asking = Vec::new();
    until("it is refreshed", async || {
        asking.push(crate::http::call(&first_setup.origin, "GET", "/auth/session").cookies(&cookies).open().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
        !server.refreshes().is_empty()
    })
    .await;
    first.signal("KILL");
    server.fails_with(Fault::None);
    let ended = Instant::now();
    until("the other one refreshes", async || second_setup.session(&cookies).await.status == 200).await;
    println!("an instance killed while it refreshes: the other one has refreshed {:?} later", ended.elapsed());
    assert_eq!(server.refreshes(), [REFRESH_TOKEN, REFRESH_TOKEN], "the answer to its first use was lost");
    drop((asking, first, second));
}

#[tokio::test]
async fn a_program_whose_store_is_down_is_not_ready_and_logs_no_secret() {
    let (mut redis, server) = (RedisServer::start().await, AuthorizationServer::start().await);
    redis.ask::<()>(&["CONFIG", "SET", "requirepass", "MARKED-word"]);
    let mut command = command(&server.token_endpoint());
    command.env("WICKETGATE_SESSION_STORE", format!("redis://:MARKED-word@127.0.0.1:{}", redis.port));
    let program = Program::start(command).await;
    let ready = async || crate::http::call(&program.origin, "GET", "/readyz").send().await.status;
    until("it is ready", async || ready().await == 200).await;
    let setup = Setup { origin: program.origin.clone(), server };
    let cookies = setup.log_in().await;
    assert_eq!(setup.session(&cookies).await.status, 200);
    redis.kill();
    until("it is not ready", async || ready().await == 503).await;
    assert_eq!(setup.session(&cookies).await.status, 503);
    program.signal("TERM");
    let (_, _, log) = program.end().await;
    assert!(log.contains("WICKETGATE_SESSION_STORE"), "{log}");
    crate::setup::assert_no_secret("the log", &log);
}
