//! The challenges of a resource server that refuses a token: the `WWW-Authenticate` field (RFC 9110 §11.6.1), and step-up
//! authentication in it (RFC 9470).

use super::json::{Json, decimal};

/// The client does not read a longer field.
const LONGEST: usize = 8192;

/// What `www_authenticate` demands of a new login, if it asks for step-up: an object with `acrValues` and `maxAge`, in the form
/// of a login's options, each present only if the server asks for it. `None` if the resource server refused the token for
/// another reason.
pub fn step_up(www_authenticate: &str) -> Option<Json> {
    let mut challenge = Challenge::default();
    if www_authenticate.len() > LONGEST {
        return None;
    }
    let mut parameter = Parameter::default();
    // The comma that is added at the end ends the last parameter.
    for character in www_authenticate.chars().chain([',']) {
        if parameter.take(character) {
            continue;
        }
        let next = core::mem::take(&mut parameter);
        let head = next.name.trim_ascii();
        // A parameter has one word before its `=`. If there are two words, the first is the scheme of the next challenge.
        let (scheme, name) = match head.split_once([' ', '\t']) {
            Some((scheme, name)) => (Some(scheme), name.trim_ascii()),
            None if next.value.is_none() => (Some(head), ""),
            None => (None, head),
        };
        if let Some(scheme) = scheme.filter(|scheme| !scheme.is_empty()) {
            if challenge.is_step_up() {
                break;
            }
            challenge = Challenge::default();
            challenge.is_ours = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("dpop");
        }
        challenge.set(name, next.value.as_deref().unwrap_or_default().trim_ascii());
    }
    challenge.is_step_up().then_some(challenge.asked)
}

/// One challenge: only the members that step-up needs.
struct Challenge {
    is_ours: bool,
    is_refused: bool,
    asked: Json,
}

impl Default for Challenge {
    fn default() -> Self {
        Self { is_ours: false, is_refused: false, asked: Json::empty() }
    }
}

impl Challenge {
    fn is_step_up(&self) -> bool {
        self.is_ours && self.is_refused
    }

    fn set(&mut self, name: &str, value: &str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("error") {
            self.is_refused = value == "insufficient_user_authentication";
        } else if is("acr_values") {
            self.asked.set_text("acrValues", Some(value).filter(|value| !value.is_empty()));
        } else if is("max_age") {
            // A value that is not a number of seconds asks for nothing.
            if let Some(seconds) = decimal(value) {
                self.asked.set("maxAge", Json::from(seconds));
            }
        }
    }
}

/// One parameter while the parser reads it, with the text that stands before it.
#[derive(Default)]
struct Parameter {
    name: String,
    value: Option<String>,
    is_quoted: bool,
    is_escaped: bool,
}

impl Parameter {
    /// Takes the next character; `false` if the parameter has ended before it.
    fn take(&mut self, character: char) -> bool {
        match (&mut self.value, character) {
            (Some(value), _) if self.is_escaped => {
                value.push(character);
                self.is_escaped = false;
            }
            (Some(_), '\\') if self.is_quoted => self.is_escaped = true,
            (Some(_), '"') => self.is_quoted = !self.is_quoted,
            (Some(value), _) if self.is_quoted || character != ',' => value.push(character),
            (_, ',') => return false,
            (None, '=') => self.value = Some(String::new()),
            (_, _) => self.name.push(character),
        }
        true
    }
}
