//! `wicketgate-backend`: the router of this crate as a program, configured by its environment.

mod environment;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use tokio::net::TcpListener;
use tokio::signal;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use environment::Environment;

/// After the signal, requests in flight have this long; streams without an end would keep the program forever.
const GRACE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // Nothing is left to do where even this cannot be written.
            let _ = writeln!(std::io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let environment = Environment::read()?;
    start_log();
    let listen = environment.listen;
    let router = wicketgate_backend::router(environment.configuration).map_err(|error| environment::sentence(&error))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("The program cannot start its threads: {error}."))?;
    runtime.block_on(serve(listen, router.fallback(not_found)))
}

async fn serve(listen: std::net::SocketAddr, router: Router) -> Result<(), String> {
    let cannot_listen =
        |error| format!("WICKETGATE_LISTEN cannot be listened on ({error}): choose an address of this machine and a free port.");
    let listener = TcpListener::bind(listen).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    // Before anyone is told the address: a signal that comes right after must already be heard.
    let mut ended = ended()?;
    writeln!(std::io::stdout(), "listening on http://{address}")
        .map_err(|error| format!("Standard output is closed: {error}."))?;

    let (end, mut has_ended) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        ended.recv().await;
        end.send_replace(true);
    });
    let mut graceful = has_ended.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        let _ = graceful.wait_for(|ended| *ended).await;
    });
    let out_of_patience = async {
        let _ = has_ended.wait_for(|ended| *ended).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => served.map_err(|error| format!("The server ended: {error}.")),
        () = out_of_patience => Ok(()),
    }
}

/// SIGTERM (a service manager) and SIGINT (Ctrl-C).
struct Ended {
    #[cfg(unix)]
    terminate: signal::unix::Signal,
    #[cfg(unix)]
    interrupt: signal::unix::Signal,
}

fn ended() -> Result<Ended, String> {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error| format!("Signals cannot be listened to: {error}."));
        Ok(Ended { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }
    #[cfg(not(unix))]
    Ok(Ended {})
}

impl Ended {
    async fn recv(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = signal::ctrl_c().await;
    }
}

/// To standard error: standard output has the one line that says where this listens. `RUST_LOG` names levels, for
/// all (`debug`) or by crate (`wicketgate_backend=debug`).
fn start_log() {
    let targets = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let to_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(to_terminal))
        .with(targets.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO)))
        .init();
}

async fn not_found() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::NOT_FOUND, headers, r#"{"error":"not_found","error_description":"There is nothing at this path."}"#)
}
