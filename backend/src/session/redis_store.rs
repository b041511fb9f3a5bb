//! [`RedisStore`]: sessions in Redis or Valkey, shared by all instances.
//!
//! The browser has only a random identifier. The store has its SHA-256, and the session, sealed and bound to that. So a dump of
//! the store opens no session, and a writer to the store cannot turn one user's session into another's. A session is a hash of
//! `value`, `version` and `used`; a replacement names the version that it was made from. The sessions of one user are found by
//! a name that can be made of `sub` or `sid` only with the key.
//!
//! Every command concerns one key, or keys of one slot, so that it also works in a cluster.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, cmd, pipe};

use super::redis_link::Link;
use super::state::Session;
use super::store::{Answer, Listed, Lock, Owner, SessionStore, SharedStore, StoreError, Stored};
use crate::cookies::tag;
use crate::seal::{Sealer, digest, random};

/// Replaces one version: `value`, the next version, `used` and milliseconds.
const REPLACE: &str = "if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end \
    redis.call('HSET', KEYS[1], 'value', ARGV[2], 'version', ARGV[3], 'used', ARGV[4]) redis.call('HDEL', KEYS[1], 'asked') \
    redis.call('PEXPIRE', KEYS[1], ARGV[5]) return 1";

/// Sets `used` and milliseconds, if the session is still there.
const TOUCH: &str = "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end \
    redis.call('HSET', KEYS[1], 'used', ARGV[1]) redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1";

/// Takes the lock for a holder and milliseconds. Returns -1 if another holds it, and otherwise whether the mark was there. The
/// lock leaves this mark at the version that is about to be refreshed. The mark stays if the holder ends, or if the store
/// restarts from its disk.
const LOCK: &str = "if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return -1 end \
    if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end \
    local left = redis.call('HEXISTS', KEYS[2], 'asked') redis.call('HSET', KEYS[2], 'asked', 1) return left";

const HOLD: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

const UNLOCK: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end \
    redis.call('HDEL', KEYS[2], 'asked') return redis.call('DEL', KEYS[1])";

/// How many entries of an index are read at once.
const PAGE: usize = 1000;

pub(crate) struct RedisStore {
    link: Link,
    sealer: Arc<Sealer>,
    /// Distinguishes this backend's keys from others in the same store.
    prefix: String,
    /// The longest lifetime of a session.
    lifetime: Duration,
}

impl RedisStore {
    /// # Errors
    /// The problem of `place`, which reads on from the name of the setting.
    pub(crate) fn new(place: &str, sealer: Arc<Sealer>, name: &str, lifetime: Duration) -> Result<Self, &'static str> {
        Ok(Self { link: Link::new(place)?, sealer, prefix: format!("wicketgate:{}", tag(name)), lifetime })
    }

    fn session_key(&self, name: &str) -> String {
        format!("{}:session:{{{name}}}", self.prefix)
    }

    fn lock_key(&self, key: &str) -> String {
        format!("{}:lock:{{{}}}", self.prefix, digest(key))
    }

    fn used_key(&self, name: &str) -> String {
        format!("{}:used:{}", self.prefix, digest(name))
    }

    fn owner_keys(&self, owner: Owner, value: &str) -> Vec<String> {
        let names = self.sealer.names_of(owner.claim(), value);
        names.into_iter().map(|name| format!("{}:{}:{name}", self.prefix, owner.claim())).collect()
    }

    fn seal(&self, name: &str, session: &Session) -> Result<String, StoreError> {
        let sealed = session.to_content().and_then(|content| self.sealer.seal(&purpose(name), content));
        sealed.ok_or_else(|| StoreError::Unavailable("the session cannot be sealed".into()))
    }

    async fn create(&self, session: &Session, ends_in: Duration) -> Result<String, StoreError> {
        let key = random().ok_or_else(|| StoreError::Unavailable("this machine has no randomness".into()))?.into_exposed();
        let name = digest(&key);
        // Before the session itself: an entry of the list may have no session, but a session must not be missing in the list.
        for owner in Owner::ALL {
            let Some(value) = session.claim(owner.claim()) else { continue };
            let Some(index) = self.owner_keys(owner, &value).into_iter().next() else { continue };
            let ends_at = session.signed_in_at.saturating_add(self.lifetime.as_secs());
            let mut commands = pipe();
            commands.atomic();
            commands.cmd("ZREMRANGEBYSCORE").arg(&index).arg("-inf").arg(session.signed_in_at).ignore();
            commands.cmd("ZADD").arg(&index).arg(ends_at).arg(&name).ignore();
            commands.cmd("PEXPIRE").arg(&index).arg(millis(self.lifetime)).ignore();
            self.link.run(&commands).await?;
        }
        let place = self.session_key(&name);
        let mut commands = pipe();
        commands.atomic();
        let value = self.seal(&name, session)?;
        commands.cmd("HSET").arg(&place).arg("value").arg(value).arg("version").arg(1).arg("used").arg(session.used_at).ignore();
        commands.cmd("PEXPIRE").arg(&place).arg(millis(ends_in)).ignore();
        self.link.run(&commands).await?;
        Ok(key)
    }

    async fn load_named(&self, name: &str) -> Result<Option<Stored>, StoreError> {
        let mut command = cmd("HMGET");
        command.arg(self.session_key(name)).arg("value").arg("version").arg("used");
        let (value, version, used_at): (Option<String>, Option<u64>, Option<u64>) = self.link.query(&command).await?;
        let content = value.and_then(|value| self.sealer.open(&purpose(name), &value));
        let session = content.and_then(|content| Session::from_content(content.expose()));
        let stored = session.zip(version);
        Ok(stored.map(|(session, version)| Stored {
            used_at: used_at.unwrap_or_default().max(session.used_at),
            session,
            version,
        }))
    }

    async fn listed(&self, owner: Owner, value: &str, limit: usize) -> Result<Vec<Listed>, StoreError> {
        let mut listed = Vec::new();
        for index in self.owner_keys(owner, value) {
            for name in self.names(&index).await? {
                if listed.len() >= limit {
                    return Ok(listed);
                }
                match self.load_named(&name).await? {
                    // The session's own claim counts, and not the writer of the entry.
                    Some(stored) if stored.session.claim(owner.claim()).as_deref() == Some(value) => {
                        listed.push(Listed { name, stored });
                    }
                    Some(_) | None => self.link.query::<()>(cmd("ZREM").arg(&index).arg(&name)).await?,
                }
            }
        }
        Ok(listed)
    }

    /// All names in an index, the newest first. Pages by position would miss names while others are removed; the cursor of a
    /// scan does not, and may repeat some.
    async fn names(&self, index: &str) -> Result<Vec<String>, StoreError> {
        let (mut names, mut cursor) = (BTreeMap::new(), String::from("0"));
        loop {
            let mut command = cmd("ZSCAN");
            command.arg(index).arg(&cursor).arg("COUNT").arg(PAGE);
            let (next, page): (String, Vec<(String, f64)>) = self.link.query(&command).await?;
            names.extend(page);
            if next == "0" {
                break;
            }
            cursor = next;
        }
        let mut names: Vec<(String, f64)> = names.into_iter().collect();
        names.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        Ok(names.into_iter().map(|(name, _)| name).collect())
    }

    /// Removes a session, and then its entries in the indexes: an entry may have no session.
    async fn remove_named(&self, name: &str) -> Result<(), StoreError> {
        let stored = self.load_named(name).await?;
        self.link.query::<i64>(cmd("DEL").arg(self.session_key(name))).await?;
        for owner in Owner::ALL {
            let Some(value) = stored.as_ref().and_then(|stored| stored.session.claim(owner.claim())) else { continue };
            for index in self.owner_keys(owner, &value) {
                // An entry that stays is removed when the index is read.
                let _ = self.link.query::<i64>(cmd("ZREM").arg(index).arg(name)).await;
            }
        }
        Ok(())
    }

    async fn done(&self, command: &Cmd) -> Result<bool, StoreError> {
        Ok(self.link.query::<i64>(command).await? == 1)
    }
}

impl SessionStore for RedisStore {
    fn create<'a>(&'a self, session: &'a Session, ends_in: Duration) -> Answer<'a, String> {
        Box::pin(self.create(session, ends_in))
    }

    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Stored>> {
        Box::pin(async move { self.load_named(&digest(key)).await })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        session: &'a Session,
        ends_in: Duration,
    ) -> Answer<'a, Option<(String, u64)>> {
        Box::pin(async move {
            let name = digest(key);
            let next = version.saturating_add(1);
            let mut command = script(REPLACE, &[&self.session_key(&name)]);
            command.arg(version).arg(self.seal(&name, session)?).arg(next).arg(session.used_at).arg(millis(ends_in));
            Ok(self.done(&command).await?.then(|| (key.to_owned(), next)))
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> Answer<'a, ()> {
        Box::pin(async move { self.remove_named(&digest(key)).await })
    }

    fn shared(&self) -> Option<&dyn SharedStore> {
        Some(self)
    }
}

impl SharedStore for RedisStore {
    fn is_ready(&self) -> Answer<'_, ()> {
        Box::pin(async { self.link.query(&cmd("PING")).await.map(|_: String| ()) })
    }

    fn name_of(&self, key: &str) -> String {
        digest(key)
    }

    fn touch<'a>(&'a self, key: &'a str, now: Duration, ends_in: Duration) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut command = script(TOUCH, &[&self.session_key(&digest(key))]);
            self.done(command.arg(now.as_secs()).arg(millis(ends_in))).await.map(drop)
        })
    }

    fn lock<'a>(&'a self, key: &'a str, time: Duration) -> Answer<'a, Option<Lock>> {
        Box::pin(async move {
            let token = random().ok_or_else(|| StoreError::Unavailable("this machine has no randomness".into()))?.into_exposed();
            let mut command = script(LOCK, &[&self.lock_key(key), &self.session_key(&digest(key))]);
            let left: i64 = self.link.query(command.arg(&token).arg(millis(time))).await?;
            Ok((left >= 0).then_some(Lock { token, was_left: left == 1 }))
        })
    }

    fn hold<'a>(&'a self, key: &'a str, lock: &'a Lock, time: Duration) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut command = script(HOLD, &[&self.lock_key(key)]);
            self.done(command.arg(&lock.token).arg(millis(time))).await.map(drop)
        })
    }

    fn unlock<'a>(&'a self, key: &'a str, lock: &'a Lock) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut command = script(UNLOCK, &[&self.lock_key(key), &self.session_key(&digest(key))]);
            self.done(command.arg(&lock.token)).await.map(drop)
        })
    }

    fn of<'a>(&'a self, owner: Owner, value: &'a str, limit: usize) -> Answer<'a, Vec<Listed>> {
        Box::pin(self.listed(owner, value, limit))
    }

    fn load_named<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Stored>> {
        Box::pin(self.load_named(name))
    }

    fn remove_named<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(self.remove_named(name))
    }

    fn use_once<'a>(&'a self, name: &'a str, time: Duration) -> Answer<'a, bool> {
        Box::pin(async move {
            let mut command = cmd("SET");
            command.arg(self.used_key(name)).arg(1).arg("NX").arg("PX").arg(millis(time));
            let set: Option<String> = self.link.query(&command).await?;
            Ok(set.is_some())
        })
    }

    fn forget_use<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(async move { self.link.query::<i64>(cmd("DEL").arg(self.used_key(name))).await.map(drop) })
    }
}

fn purpose(name: &str) -> String {
    format!("session {name}")
}

fn script(text: &str, keys: &[&str]) -> Cmd {
    let mut command = cmd("EVAL");
    command.arg(text).arg(keys.len()).arg(keys);
    command
}

/// At least one: with zero, the key would vanish at once, and `PX 0` is refused.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 52)
}
