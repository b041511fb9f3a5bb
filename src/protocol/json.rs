//! [`Json`]: a JSON value (RFC 8259) as it came, read strictly.
//!
//! Strict means: nothing before or after the value, UTF-8, no lone surrogates, and no object with two
//! members of one name: two readers of such a text can see two different things, which is how one of them
//! is deceived. Numbers keep their own spelling, so that what is passed through is not changed.

use core::fmt;

use hifijson::num::LexWrite as _;
use hifijson::str::LexAlloc as _;
use hifijson::token::Lex as _;
use hifijson::{Expect, SliceLexer};
use zeroize::Zeroize;

/// Nesting that is accepted. Recursion is bounded by it, and with it the stack.
const MAX_DEPTH: usize = 64;

/// Members accepted in one object. Bounds the work of the search for duplicates.
const MAX_MEMBERS: usize = 512;

/// A JSON value. Objects keep the order of their members.
#[derive(Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, in its own spelling.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object; no name occurs twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads `text`. `None` where it is not exactly one JSON value, or goes past the limits of this module.
    pub fn parse(text: &[u8]) -> Option<Self> {
        SliceLexer::new(text).exactly_one(SliceLexer::ws_peek, |next, lexer| read(MAX_DEPTH, next, lexer)).ok()
    }

    /// The member `name` of an object; `None` also where this is no object.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The members of an object; none where this is something else.
    pub fn members(&self) -> &[(String, Self)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    /// The string, where this is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(string) = self { Some(string) } else { None }
    }

    /// The member `name`, where it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.as_str()
    }

    /// The member `name`, where it is a whole number.
    pub fn integer(&self, name: &str) -> Option<u64> {
        if let Self::Number(spelling) = self.member(name)? { decimal(spelling) } else { None }
    }

    /// The items of an array; a single string stands for an array of it.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            Self::String(_) => core::slice::from_ref(self),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Object(_) => &[],
        }
    }

    /// Whether this is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// A non-negative number of seconds, as milliseconds. A fraction counts to the millisecond; an exponent,
    /// a sign or more than can be counted is `None`. A string of digits is accepted as the number it spells.
    pub fn as_millis(&self) -> Option<u64> {
        let (Self::Number(spelling) | Self::String(spelling)) = self else { return None };
        let (whole, fraction) = spelling.split_once('.').unwrap_or((spelling, "0"));
        let thousandths = fraction.bytes().chain([b'0'; 2]).take(3);
        let millis = thousandths.fold(0, |sum, digit| sum * 10 + u64::from(digit.wrapping_sub(b'0')));
        let is_fraction = !fraction.is_empty() && fraction.bytes().all(|digit| digit.is_ascii_digit());
        decimal(whole).filter(|_| is_fraction).map(|seconds| seconds * 1000 + millis)
    }

    /// Puts `value` in the place of the member `name`, or after the last one. Nothing where this is no object.
    pub fn set(&mut self, name: &str, value: Self) {
        if let Self::Object(members) = self {
            members.retain(|(other, _)| other != name);
            members.push((name.into(), value));
        }
    }

    /// Sets the member `name` to a string, where there is one.
    pub fn set_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.set(name, Self::String(value.into()));
        }
    }

    /// The value as compact JSON text.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(1024);
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(bool) => text.push_str(if *bool { "true" } else { "false" }),
            Self::Number(number) => text.push_str(number),
            Self::String(string) => write_string(string, text),
            Self::Array(items) => {
                let mut separator = '[';
                for item in items {
                    text.push(separator);
                    item.write(text);
                    separator = ',';
                }
                text.push_str(if separator == '[' { "[]" } else { "]" });
            }
            Self::Object(members) => {
                let mut separator = '{';
                for (name, value) in members {
                    text.push(separator);
                    write_string(name, text);
                    text.push(':');
                    value.write(text);
                    separator = ',';
                }
                text.push_str(if separator == '{' { "{}" } else { "}" });
            }
        }
    }
}

/// Reads the value that begins with `next`.
fn read<'a>(depth: usize, next: u8, lexer: &mut SliceLexer<'a>) -> Result<Json, hifijson::Error> {
    let depth = depth.checked_sub(1).ok_or(hifijson::Error::Depth)?;
    Ok(match next {
        b'"' => Json::String(lexer.discarded().str_string()?.into()),
        b'-' | b'0'..=b'9' => Json::Number(lexer.num_string().validated()?.0.into()),
        b'[' => {
            let mut items = Vec::new();
            lexer.discarded().seq(b']', SliceLexer::ws_peek, |next, lexer| {
                items.push(read(depth, next, lexer)?);
                Ok::<_, hifijson::Error>(())
            })?;
            Json::Array(items)
        }
        b'{' => {
            let mut members: Vec<(String, Json)> = Vec::new();
            lexer.discarded().seq(b'}', SliceLexer::ws_peek, |next, lexer| {
                lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
                let name = lexer.str_string()?;
                lexer.expect(SliceLexer::ws_peek, b':').ok_or(Expect::Colon)?;
                let value = read(depth, lexer.ws_peek().ok_or(Expect::Value)?, lexer)?;
                if members.len() == MAX_MEMBERS || members.iter().any(|(other, _)| *other == name) {
                    return Err(Expect::Value.into());
                }
                members.push((name.into(), value));
                Ok::<_, hifijson::Error>(())
            })?;
            Json::Object(members)
        }
        _ => match lexer.null_or_bool().ok_or(Expect::Value)? {
            None => Json::Null,
            Some(bool) => Json::Bool(bool),
        },
    })
}

/// The number that `digits` spell, where they are at most 15: enough for milliseconds since 1970, and nothing
/// that is done with the number overflows.
pub(crate) fn decimal(digits: &str) -> Option<u64> {
    let is_number = (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.bytes().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' | '\\' => text.push('\\'),
            '\0'..='\u{1f}' => {
                text.push_str(if character < '\u{10}' { "\\u000" } else { "\\u001" });
                text.push(char::from_digit(character as u32 & 15, 16).unwrap_or_default());
                continue;
            }
            _ => {}
        }
        text.push(character);
    }
    text.push('"');
}

/// Values may be secrets: only the shape shows.
impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Json(…)")
    }
}

impl Zeroize for Json {
    fn zeroize(&mut self) {
        match self {
            Self::String(text) | Self::Number(text) => text.zeroize(),
            Self::Array(items) => items.iter_mut().for_each(Self::zeroize),
            Self::Object(members) => members.iter_mut().for_each(|(_, value)| value.zeroize()),
            Self::Null | Self::Bool(_) => {}
        }
    }
}

/// An object that holds secrets among its members: zeroed on drop, and as closed as a
/// [`Secret`](super::secret::Secret) to `Debug`. It is not `Clone`.
#[derive(Debug)]
pub(crate) struct SecretObject(Json);

impl SecretObject {
    pub(crate) fn empty() -> Self {
        Self(Json::Object(Vec::new()))
    }

    /// Reads `text`, where it is an object.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        Json::parse(text).map(Self).filter(|object| object.0.is_object())
    }

    /// Moves a string member out.
    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        let Json::Object(members) = &mut self.0 else { return None };
        let at = members.iter().position(|(other, value)| other == name && value.as_str().is_some())?;
        if let (_, Json::String(text)) = members.swap_remove(at) { Some(text) } else { None }
    }

    /// Moves everything out.
    pub(crate) fn take(&mut self) -> Json {
        core::mem::replace(&mut self.0, Json::Null)
    }
}

impl core::ops::Deref for SecretObject {
    type Target = Json;

    fn deref(&self) -> &Json {
        &self.0
    }
}

impl core::ops::DerefMut for SecretObject {
    fn deref_mut(&mut self) -> &mut Json {
        &mut self.0
    }
}

impl From<Json> for SecretObject {
    fn from(json: Json) -> Self {
        Self(json)
    }
}

impl Drop for SecretObject {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
