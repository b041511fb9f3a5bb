//! [`ClientKeys`]: the keys with which this client authenticates (`private_key_jwt`), from a file that may change while the
//! program runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use wicketgate::protocol::json::Json;

use super::signing_key::{SigningKey, read};

/// The shortest time between two checks of the file.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The private keys of a file. The first key signs. If the file changes, it is read again; if it cannot be read then, the keys
/// stay as they were.
#[derive(Debug)]
pub(crate) struct ClientKeys {
    path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    keys: Arc<Vec<SigningKey>>,
    /// When the file of these keys was written.
    written_at: Option<SystemTime>,
    looked_at: Option<Instant>,
}

impl ClientKeys {
    /// Reads the file.
    ///
    /// # Errors
    /// The problem, which continues a sentence that begins with the name of the setting.
    pub(crate) fn from_file(path: PathBuf) -> Result<Self, &'static str> {
        let written_at = written_at(&path);
        let keys = keys_of(&path)?;
        Ok(Self { path, known: Mutex::new(Known { keys: keys.into(), written_at, looked_at: None }) })
    }

    /// The keys; there is at least one. The first one signs.
    pub(crate) fn current(&self) -> Arc<Vec<SigningKey>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.looked_at.is_none_or(|at| at.elapsed() > LOOK_AGAIN) {
            known.looked_at = Some(Instant::now());
            let written_at = written_at(&self.path);
            if written_at != known.written_at {
                known.written_at = written_at;
                match keys_of(&self.path) {
                    Ok(keys) => {
                        known.keys = keys.into();
                        tracing::info!("the client's keys were read anew");
                    }
                    Err(problem) => tracing::warn!("WICKETGATE_CLIENT_KEY (client_key) {problem}: the keys stay as they were"),
                }
            }
        }
        known.keys.clone()
    }

    /// The public halves of the keys, as a JSON Web Key Set (RFC 7517 §5).
    pub(crate) fn published(&self) -> Json {
        let mut set = Json::empty();
        set.set("keys", Json::Array(self.current().iter().map(SigningKey::published).collect()));
        set
    }
}

fn written_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|file| file.modified()).ok()
}

fn keys_of(path: &Path) -> Result<Vec<SigningKey>, &'static str> {
    let mut text = std::fs::read(path).map_err(|_| "names a file that cannot be read")?;
    let keys = read(&text);
    text.fill(0);
    keys
}
