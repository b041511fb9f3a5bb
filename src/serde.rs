//! The feature `serde`: values that the crate takes and returns as [`Json`], as types of the app's own.

use core::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::client::{Configuration, LoginOptions, LoginResult, Session};
use crate::protocol::json::Json;

impl Session {
    /// The claims as a type of the app's own. Without claims, the type is deserialized from `null`: an [`Option`] is `None`.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Profile {
    ///     name: String,
    ///     #[serde(default)]
    ///     roles: Vec<String>,
    /// }
    ///
    /// fn is_admin(session: &wicketgate::Session) -> bool {
    ///     session.claims_as::<Profile>().is_ok_and(|profile| profile.roles.iter().any(|role| role == "admin"))
    /// }
    /// ```
    ///
    /// # Errors
    /// The claims do not fit the type. The error may quote a claim.
    pub fn claims_as<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        read(self.claims.as_ref())
    }
}

impl LoginResult {
    /// The state that the app gave to [`LoginOptions::app_state_as`], as a type of the app's own. Without a state, the type is
    /// deserialized from `null`: an [`Option`] is `None`.
    ///
    /// # Errors
    /// The state does not fit the type.
    pub fn app_state_as<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        read(self.app_state.as_ref())
    }

    /// The backend's answer as a type of the app's own. Without an answer, the type is deserialized from `null`.
    ///
    /// # Errors
    /// The answer does not fit the type.
    pub fn backend_as<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        read(self.backend.as_ref())
    }
}

impl LoginOptions {
    /// Sets any serializable value as the [`app_state`](Self::app_state); [`LoginResult::app_state_as`] returns it.
    ///
    /// ```
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Cart {
    ///     articles: Vec<u32>,
    /// }
    ///
    /// let options = wicketgate::LoginOptions::new().app_state_as(&Cart { articles: vec![1815] })?;
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// The value cannot be written as JSON: its [`Serialize`] fails, a map has keys that are not strings, or it is nested
    /// more than 64 deep.
    pub fn app_state_as<T: Serialize + ?Sized>(self, state: &T) -> serde_json::Result<Self> {
        let json = Json::parse(&serde_json::to_vec(state)?);
        Ok(self.app_state(json.ok_or_else(|| serde_json::Error::custom("nested too deep, or a name occurs twice"))?))
    }
}

#[cfg(feature = "tokens")]
mod user_info {
    use serde::de::DeserializeOwned;

    use super::read;
    use crate::client::Client;
    use crate::host::Host;
    use crate::protocol::error::{Error, Flaw};

    impl<P: Host> Client<P> {
        /// [`user_info`](Self::user_info) as a type of the app's own.
        ///
        /// # Errors
        /// Those of [`user_info`](Self::user_info); `userinfo_invalid` if the claims do not fit the type.
        pub async fn user_info_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
            let claims = self.user_info().await?;
            let misfit = Flaw::of("", "its claims do not fit the type that the app reads");
            read(Some(&claims)).map_err(|_| Error::userinfo(misfit))
        }
    }
}

fn read<T: DeserializeOwned>(json: Option<&Json>) -> serde_json::Result<T> {
    serde_json::from_str(&json.unwrap_or(&Json::Null).to_text())
}

impl Serialize for Session {
    /// The members of the JavaScript API's `Session`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Configuration {
    /// The members of the JavaScript API's `ClientConfig`, checked as [`Configuration::from_json`] checks them.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Json::deserialize(deserializer)?.to_text()).map_err(D::Error::custom)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(spelling) => match (spelling.parse(), spelling.parse(), spelling.parse()) {
                (Ok(whole), _, _) => serializer.serialize_u64(whole),
                (_, Ok(whole), _) => serializer.serialize_i64(whole),
                (_, _, Ok(number)) => serializer.serialize_f64(number),
                _ => serializer.serialize_str(spelling),
            },
            Self::String(string) => serializer.serialize_str(string),
            Self::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| sequence.serialize_element(item))?;
                sequence.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    /// As strict as [`Json::parse`]: it refuses an object with two members of one name.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        Json::deserialize(deserializer)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::from(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(format!("{number}")))
    }

    /// A number without a fraction is written as a whole number: JavaScript does not distinguish the two.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Json, E> {
        let spelling = format!("{number}");
        Json::parse(spelling.as_bytes()).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, string: &str) -> Result<Json, E> {
        Ok(Json::from(string))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Json>()? {
            if members.iter().any(|(other, _)| *other == name) {
                return Err(A::Error::custom("two members of one name"));
            }
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}
