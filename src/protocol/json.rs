//! [`Json`]: a JSON value (RFC 8259) as it was received, parsed strictly.
//!
//! Strict means: UTF-8, nothing before or after the value, no lone surrogates, and no object with two members of one name. Two
//! readers of such a text can see two different values, and an attacker can use that to deceive one of them. Numbers keep their
//! spelling, so that the client passes them on unchanged.

use core::fmt;

use super::text::{cut, has};
use zeroize::Zeroize;

/// The deepest nesting that is accepted. It bounds the recursion, and so the stack.
const MAX_DEPTH: usize = 64;

/// The largest number of members in one object. It bounds the search for duplicates.
const MAX_MEMBERS: usize = 512;

/// The largest number that [`Json::as_millis`] returns: later than any date in JavaScript, and still a whole number there.
pub const MAX_MILLIS: u64 = 9_000_000_000_000_000;

/// A JSON value. Objects keep the order of their members; no name occurs twice.
///
/// ```
/// use wicketgate::protocol::json::Json;
///
/// let claims = Json::parse(br#"{"name": "Ada Lovelace", "groups": ["engine", "poetry"]}"#).unwrap();
/// assert_eq!(claims.text("name"), Some("Ada Lovelace"));
/// let groups = claims.member("groups").map(Json::items).unwrap_or_default();
/// assert!(groups.iter().filter_map(Json::as_str).any(|group| group == "engine"));
/// assert_eq!(Json::parse(br#"{"name": 1, "name": 2}"#), None);
/// ```
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
    /// Parses `text`. `None` if it is not exactly one JSON value, or exceeds the limits of this module.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        reader.value(MAX_DEPTH).filter(|_| reader.at == text.len())
    }

    /// An object without members.
    pub fn empty() -> Self {
        Self::Object(Vec::new())
    }

    /// The member `name` of an object. A `null` counts as absent: a server that writes it means no value. `None` also if this
    /// is not an object.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.member_or_null(name).filter(|value| !matches!(value, Self::Null))
    }

    /// The member `name` of an object, even if it is `null`: for the few members whose `null` has a meaning.
    pub fn member_or_null(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The members of an object; empty for any other value.
    pub fn members(&self) -> &[(String, Self)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(string) = self { Some(string) } else { None }
    }

    /// The member `name`, if it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.as_str()
    }

    /// The number in its own spelling, if this is a number.
    pub fn as_number(&self) -> Option<&str> {
        if let Self::Number(spelling) = self { Some(spelling) } else { None }
    }

    /// Whether the member `name` is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.member(name), Some(Self::Bool(true)))
    }

    /// The member `name`, if it is a whole number.
    pub fn integer(&self, name: &str) -> Option<u64> {
        decimal(self.member(name)?.as_number()?)
    }

    /// The items of an array; a single string counts as an array of one.
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

    /// A non-negative number of seconds, converted to milliseconds; a fraction counts to the millisecond. A string that spells
    /// a number counts as that number. `None` for everything else, including a number with a leading sign. Numbers larger than
    /// [`MAX_MILLIS`] are reduced to it.
    pub fn as_millis(&self) -> Option<u64> {
        let (Self::Number(spelling) | Self::String(spelling)) = self else { return None };
        let (mantissa, exponent) = cut(spelling, if has(spelling, 'e') { 'e' } else { 'E' });
        let (whole, fraction) = cut(mantissa, '.');
        // How far the exponent moves the point: to the right, or to the left.
        let (right, left) = match exponent {
            None => ("0", "0"),
            Some(exponent) => match exponent.strip_prefix('-') {
                Some(left) => ("0", left),
                None => (exponent.strip_prefix('+').unwrap_or(exponent), "0"),
            },
        };
        if !is_digits(whole) || !fraction.is_none_or(is_digits) {
            return None;
        }
        let fraction = fraction.unwrap_or_default();
        let mut digits = String::from(whole);
        digits.push_str(fraction);
        // More zeros than these change nothing: either all digits are zeros, or the number is already too large.
        let places =
            (whole.len() + 3).saturating_add(places_moved(right)?).min(digits.len() + 20).saturating_sub(places_moved(left)?);
        let mut sum = 0;
        for place in 0..places {
            let digit = digits.as_bytes().get(place).map_or(0, |digit| digit - b'0');
            sum = (sum * 10 + u64::from(digit)).min(MAX_MILLIS);
        }
        Some(sum)
    }

    /// [`as_millis`](Self::as_millis) of a number that is written without an exponent.
    pub(crate) fn as_exact_millis(&self) -> Option<u64> {
        let is_plain = |spelling: &str| spelling.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
        self.as_millis().filter(|_| self.as_number().is_some_and(is_plain))
    }

    /// Replaces the member `name`, or adds it after the last member. Does nothing if this is not an object.
    pub fn set(&mut self, name: &str, value: Self) {
        self.remove(name);
        if let Self::Object(members) = self {
            members.push((name.into(), value));
        }
    }

    /// Removes the member `name` from an object and returns it.
    pub fn remove(&mut self, name: &str) -> Option<Self> {
        let Self::Object(members) = self else { return None };
        let at = members.iter().position(|(other, _)| other == name)?;
        Some(members.remove(at).1)
    }

    /// Sets the member `name` to a string, if there is a value.
    pub fn set_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.set(name, Self::String(value.into()));
        }
    }

    /// Sets the member `name` to a copy of `value`, if there is a value.
    pub fn set_copy(&mut self, name: &str, value: Option<&Self>) {
        if let Some(value) = value {
            self.set(name, value.clone());
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

/// A reader of JSON text, from its beginning. NUL stands for the end of the text: no JSON contains this byte.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or_default()
    }

    /// Skips the next byte if it is `expected`.
    fn take(&mut self, expected: u8) -> bool {
        let is_there = self.peek() == expected;
        self.at += usize::from(is_there);
        is_there
    }

    fn next(&mut self) -> u8 {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Reads a value and the white space around it.
    fn value(&mut self, depth: usize) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        self.skip_space();
        let value = match self.peek() {
            b'"' => Json::String(self.string()?),
            b'{' => Json::Object(self.members(depth)?),
            b'[' => Json::Array(self.items(depth)?),
            b't' => self.word("true", Json::Bool(true))?,
            b'f' => self.word("false", Json::Bool(false))?,
            b'n' => self.word("null", Json::Null)?,
            _ => Json::Number(self.number()?),
        };
        self.skip_space();
        Some(value)
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        word.bytes().all(|byte| self.take(byte)).then_some(value)
    }

    fn items(&mut self, depth: usize) -> Option<Vec<Json>> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b']') {
            return Some(items);
        }
        loop {
            items.push(self.value(depth)?);
            if self.take(b']') {
                return Some(items);
            }
            self.take(b',').then_some(())?;
        }
    }

    fn members(&mut self, depth: usize) -> Option<Vec<(String, Json)>> {
        let mut members: Vec<(String, Json)> = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b'}') {
            return Some(members);
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.skip_space();
            let is_right = self.take(b':') && members.len() < MAX_MEMBERS && !members.iter().any(|(other, _)| *other == name);
            is_right.then_some(())?;
            members.push((name, self.value(depth)?));
            if self.take(b'}') {
                return Some(members);
            }
            self.take(b',').then_some(())?;
        }
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<String> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        String::from_utf8(self.text.get(start..self.at)?.into()).ok()
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"').then_some(())?;
        let mut bytes = Vec::new();
        loop {
            bytes.push(match self.next() {
                b'"' => return String::from_utf8(bytes).ok(),
                b'\\' => match self.next() {
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'u' => {
                        let character = self.escaped()?;
                        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                        continue;
                    }
                    byte @ (b'"' | b'\\' | b'/') => byte,
                    _ => return None,
                },
                0..=0x1f => return None,
                byte => byte,
            });
        }
    }

    /// The character that one `\u` escape, or a surrogate pair of two, stands for.
    fn escaped(&mut self) -> Option<char> {
        let unit = self.hex()?;
        let is_high = (0xd800..0xdc00).contains(&unit);
        if !is_high {
            // A lone low surrogate is not a character.
            return char::from_u32(unit);
        }
        let low = if self.take(b'\\') && self.take(b'u') { self.hex()? } else { 0 };
        let is_low = (0xdc00..0xe000).contains(&low);
        char::from_u32(0x1_0000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)).filter(|_| is_low)
    }

    fn hex(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.next()).to_digit(16)?;
        }
        Some(unit)
    }
}

impl From<String> for Json {
    fn from(string: String) -> Self {
        Self::String(string)
    }
}

impl From<&str> for Json {
    fn from(string: &str) -> Self {
        Self::String(string.into())
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<u64> for Json {
    /// A whole number. Formatted by hand, because the standard library's way adds all of its formatting code to the module.
    fn from(number: u64) -> Self {
        let mut digits = String::new();
        let mut power = 1;
        while number / power > 9 {
            power *= 10;
        }
        while power > 0 {
            digits.extend(char::from_digit(u32::try_from(number / power % 10).unwrap_or_default(), 10));
            power /= 10;
        }
        Self::Number(digits)
    }
}

/// The number that `digits` spell; `None` if they contain anything else, or exceed a `u64`.
pub(crate) fn decimal(digits: &str) -> Option<u64> {
    // A checked multiplication would have 128 bits here, and would add a function of its own to the module.
    let next = |sum: u64, digit: u8| {
        let tenfold = Some(sum).filter(|sum| *sum <= u64::MAX / 10)? * 10;
        tenfold.checked_add(u64::from(digit - b'0'))
    };
    if is_digits(digits) { digits.bytes().try_fold(0, next) } else { None }
}

/// How many places the digits of an exponent move the point. The number is capped: no text is longer than the cap.
fn places_moved(digits: &str) -> Option<usize> {
    is_digits(digits).then(|| digits.bytes().fold(0, |sum: usize, digit| (sum * 10 + usize::from(digit - b'0')).min(1 << 24)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
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

/// Redacted, because values may be secrets: it shows only the shape.
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

/// An object whose members may be secrets: zeroed on drop, and redacted in `Debug` like a [`Secret`](super::secret::Secret). It
/// is not `Clone`.
#[derive(Debug)]
pub(crate) struct SecretObject(Json);

impl SecretObject {
    pub(crate) fn empty() -> Self {
        Self(Json::empty())
    }

    /// Parses `text`, if it is an object.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        Json::parse(text).map(Self).filter(|object| object.0.is_object())
    }

    /// Moves the value out.
    pub(crate) fn take(&mut self) -> Json {
        core::mem::replace(&mut self.0, Json::Null)
    }
}

impl Default for SecretObject {
    fn default() -> Self {
        Self::empty()
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
