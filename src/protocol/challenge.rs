//! What a resource server asks for when it refuses a token: the `WWW-Authenticate` field (RFC 9110 §11.6.1), and in it
//! step-up authentication (RFC 9470).

use super::json::{Json, decimal};

/// A longer field is not read.
const LONGEST: usize = 8192;

/// What a login must bring so that the resource server accepts its token, where that is what `www_authenticate` says: an
/// object with `acrValues` and `maxAge`, each where it is asked for, as the options of a login have them. `None` where the
/// token was refused for any other reason.
pub fn step_up(www_authenticate: &str) -> Option<Json> {
    let mut challenge = Challenge::default();
    if www_authenticate.len() > LONGEST {
        return None;
    }
    let mut parameter = Parameter::default();
    // The comma at the end ends what stands before it.
    for character in www_authenticate.chars().chain([',']) {
        if parameter.take(character) {
            continue;
        }
        let next = core::mem::take(&mut parameter);
        let head = next.name.trim_ascii();
        // A parameter has one word before its `=`; where there are two, the first is the scheme of the next challenge.
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

/// One challenge, of which only what step-up needs is kept.
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
            // What is no number of seconds asks for nothing.
            if let Some(seconds) = decimal(value) {
                self.asked.set("maxAge", Json::from(seconds));
            }
        }
    }
}

/// One parameter while it is read, with what stands before it.
#[derive(Default)]
struct Parameter {
    name: String,
    value: Option<String>,
    is_quoted: bool,
    is_escaped: bool,
}

impl Parameter {
    /// Takes the next character; `false` where the parameter has ended before it.
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
