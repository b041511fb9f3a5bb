//! Paths that are not forwarded, because two readers could take them for different paths.

/// Whether a reader that decodes `path` once, or again and again, could take it for another path than it seems to be.
///
/// Decoded once, the path must be honest: an escaped dot, or bytes that are not UTF-8, have no honest use there. Below that, an
/// escaped per cent sign is a character like any other (`100%25added` is `100%added`), so only parts that lead elsewhere are
/// refused: slashes, backslashes, dot segments, control characters, and their spellings that some servers accept.
pub(crate) fn is_ambiguous(path: &str) -> bool {
    if !is_plain_when_decoded_once(path) {
        return true;
    }
    let Some(wholly) = decoded_wholly(path) else { return true };
    let is_odd = |text: &str| text.contains('\\') || text.contains(char::is_control);
    is_odd(&String::from_utf8_lossy(&wholly))
        || has_overlong(&wholly)
        || has_unicode_escape(&wholly)
        || has_empty_segment(path)
        || wholly.split(|byte| *byte == b'/').any(is_dot_segment)
}

/// Whether no dot is escaped, and the escaped bytes are UTF-8.
fn is_plain_when_decoded_once(path: &str) -> bool {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escape = match rest {
            [b'%', high, low, behind @ ..] => escaped(*high, *low).map(|byte| (byte, behind)),
            _ => None,
        };
        if escape.is_some_and(|(byte, _)| byte == b'.') {
            return false;
        }
        let (byte, behind) = escape.unwrap_or((*first, behind));
        decoded.push(byte);
        rest = behind;
    }
    String::from_utf8(decoded).is_ok()
}

/// `path` without any escape, decoded as often as possible, because nobody knows how often the servers behind this one decode
/// it. `None` if it contains an escaped slash.
///
/// One pass: an escape can become complete only at the end of the decoded part, and each complete escape shortens that part.
fn decoded_wholly(path: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    for byte in path.bytes() {
        decoded.push(byte);
        while let [.., b'%', high, low] = decoded.as_slice()
            && let Some(byte) = escaped(*high, *low)
        {
            if byte == b'/' {
                return None;
            }
            decoded.truncate(decoded.len() - 3);
            decoded.push(byte);
        }
    }
    Some(decoded)
}

fn escaped(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// For a careless reader, `%c0%ae` is a dot: a character in more bytes than it needs.
fn has_overlong(text: &[u8]) -> bool {
    let is_overlong =
        |pair: &[u8]| matches!(pair, [0xc0 | 0xc1 | 0xf8.., 0x80..=0xbf] | [0xe0, 0x80..=0x9f] | [0xf0, 0x80..=0x8f]);
    text.windows(2).any(is_overlong)
}

/// For some servers, `%u002e` is a dot.
fn has_unicode_escape(text: &[u8]) -> bool {
    text.windows(6).any(|part| match part {
        [b'%', b'u' | b'U', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        _ => false,
    })
}

/// The last segment may be empty. The first segment always is, because the path begins with a slash.
fn has_empty_segment(path: &str) -> bool {
    path.contains("//") || !path.starts_with('/')
}

/// For servers that support path parameters, `..;x` is a dot segment.
fn is_dot_segment(segment: &[u8]) -> bool {
    let name = segment.split(|byte| *byte == b';').next();
    matches!(name, Some(b"." | b".."))
}
