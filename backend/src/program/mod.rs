//! The program: its settings, its files, its health and its counters around the routes of the library.

mod files;
mod health;
mod log;
mod metrics;
mod serve;
mod settings;
mod signal;
mod sources;
#[cfg_attr(not(feature = "otlp"), path = "no_traces.rs")]
mod traces;

use std::io::Write;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use wicketgate_backend::Backend;

use files::Files;
use serve::serve;
use settings::Settings;
use signal::Signal;
use sources::Sources;
use traces::Traces;

/// Serves until a signal ends it.
///
/// # Errors
/// A sentence for the operator.
pub(crate) fn run() -> Result<(), String> {
    let sources = Sources::read()?;
    let settings = Settings::read(&sources)?;
    log::start();
    sources.warn_of_unknown_variables(&settings::names());
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("The program cannot start its threads: {error}."))?;
    runtime.block_on(start(settings, &sources))
}

async fn start(settings: Settings, sources: &Sources) -> Result<(), String> {
    let files = match &settings.static_files {
        Some(folder) => Some(Files::new(folder, settings.content_security_policy.as_deref(), &settings.configuration)),
        None => None,
    };
    let files = files.transpose().map_err(|problem| sources.sentence("static", &problem))?;
    let backend = Backend::new(settings.configuration).map_err(|error| {
        let problem = format!("{}: correct it", error.problem);
        sources.sentence(error.member, &problem)
    })?;
    let backend = Arc::new(backend);

    let listener = listen(settings.listen).await.map_err(|problem| sources.sentence("listen", &problem))?;
    if let Some(address) = settings.metrics_listen {
        let listener = listen(address).await.map_err(|problem| sources.sentence("metrics_listen", &problem))?;
        metrics::serve(listener, health::router(backend.clone()))?;
    }
    let router = health::router(backend.clone()).merge(backend.router());
    let router = match files {
        Some(files) => files.behind(router),
        None => router.fallback(health::not_found),
    };
    let traces = Traces::start()?;
    serve_until_signal(&listener, traces.around(router)).await?;
    traces.end().await;
    Ok(())
}

async fn listen(address: std::net::SocketAddr) -> Result<TcpListener, String> {
    let cannot = |error| format!("cannot be listened on ({error}): choose an address of this machine and a free port");
    TcpListener::bind(address).await.map_err(cannot)
}

async fn serve_until_signal(listener: &TcpListener, router: Router) -> Result<(), String> {
    let address = listener.local_addr().map_err(|error| format!("The program does not know where it listens: {error}."))?;
    // Before anyone is told the address: a signal that comes right after must have an effect.
    let signal = Signal::listen()?;
    writeln!(std::io::stdout(), "listening on http://{address}")
        .map_err(|error| format!("Standard output is closed: {error}."))?;
    serve(listener, router, signal).await;
    Ok(())
}
