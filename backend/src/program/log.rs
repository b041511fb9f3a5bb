//! The program's log.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// To standard error: standard output contains only the line with the address of this program. `RUST_LOG` sets levels, for all
/// (`debug`) or by crate (`wicketgate_backend=debug`).
pub(super) fn start() {
    let targets = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let to_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(to_terminal))
        .with(targets.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO)))
        .init();
}
