//! `/metrics` for Prometheus, on a port of its own, because the counters are not for users.

use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;

/// The upper bounds, in seconds, of the histogram buckets for latencies.
const LATENCIES: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How often recorded latencies are put into their buckets: until then, each of them takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to count, and serves `/metrics` together with `health` until the program ends.
pub(super) fn serve(listener: TcpListener, health: Router) -> Result<(), String> {
    let cannot = |error: &dyn core::fmt::Display| format!("The program cannot count: {error}.");
    let builder = PrometheusBuilder::new().set_buckets(&LATENCIES).map_err(|error| cannot(&error))?;
    let recorded = builder.install_recorder().map_err(|error| cannot(&error))?;
    wicketgate_backend::describe_metrics();
    let address = listener.local_addr().map_err(|error| cannot(&error))?;
    tracing::info!("metrics at http://{address}/metrics");
    let rendered = recorded.clone();
    let metrics = || async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], rendered.render()) };
    let router = health.route("/metrics", get(metrics));
    tokio::spawn(async move { axum::serve(listener, router).await });
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            recorded.run_upkeep();
        }
    });
    Ok(())
}
