//! Numbers and texts as the oldest protocol spells them, and the integers of the binary ones.

use crate::base::Result;
use crate::optimizer::foreign::input::text;
use crate::{bail, ensure, err};

/// `12`, `12L`.
pub(super) fn integer(line: &str) -> Result<i64> {
    let digits = line.strip_suffix('L').unwrap_or(line).trim();
    digits.parse().map_err(|_| err!(Protocol, "expected an integer of 64 bits, got '{}'", shortened(line)))
}

pub(super) fn float(line: &str) -> Result<f64> {
    line.trim().parse().map_err(|_| err!(Protocol, "expected a number, got '{}'", shortened(line)))
}

/// Two's complement, lowest byte first; no bytes mean 0.
pub(super) fn long(bytes: &[u8]) -> Result<i64> {
    ensure!(bytes.len() <= 8, Protocol, "an integer of {} bytes, at most 8 are read", bytes.len());
    let fill = if bytes.last().is_some_and(|last| last & 0x80 != 0) { 0xff } else { 0 };
    let mut all = [fill; 8];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    Ok(i64::from_le_bytes(all))
}

/// Python's raw-unicode-escape: `\uXXXX` and `\UXXXXXXXX` are characters, every other byte is itself.
pub(super) fn raw_unicode(line: &[u8]) -> Result<String> {
    let mut decoded = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' {
            decoded.push(char::from(first));
            continue;
        }
        let digits = match rest.first() {
            Some(b'u') => 4,
            Some(b'U') => 8,
            Some(other) => {
                decoded.push('\\');
                decoded.push(char::from(*other));
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            None => {
                decoded.push('\\');
                continue;
            }
        };
        let hex = rest.get(1..1 + digits).ok_or_else(|| err!(Protocol, "a \\u escape is cut off"))?;
        decoded.push(character(hex)?);
        rest = rest.get(1 + digits..).unwrap_or_default();
    }
    Ok(decoded)
}

fn character(hex: &[u8]) -> Result<char> {
    let number = hex_number(hex)?;
    char::from_u32(number).ok_or_else(|| err!(Protocol, "{number:#x} is no character"))
}

fn hex_number(hex: &[u8]) -> Result<u32> {
    let digits = text(hex)?;
    ensure!(digits.bytes().all(|digit| digit.is_ascii_hexdigit()), Protocol, "bad hex digits '{digits}'");
    u32::from_str_radix(digits, 16).map_err(|_| err!(Protocol, "bad hex digits '{digits}'"))
}

/// A string literal of Python 2 in its quotes. Only ASCII has a meaning that does not depend on the reader.
pub(super) fn quoted(line: &[u8]) -> Result<String> {
    let bad = || err!(Protocol, "expected a text in quotes");
    let (&quote, rest) = line.trim_ascii_end().split_first().ok_or_else(bad)?;
    let (&last, inside) = rest.split_last().ok_or_else(bad)?;
    ensure!(quote == last && matches!(quote, b'\'' | b'"'), Protocol, "expected a text in quotes");
    let mut decoded = String::with_capacity(inside.len());
    let mut rest = inside.iter();
    while let Some(&byte) = rest.next() {
        let byte = if byte == b'\\' { escaped(&mut rest)? } else { byte };
        ensure!(byte.is_ascii(), Protocol, "a text of Python 2 with the byte {byte:#x}, which is not ASCII");
        decoded.push(char::from(byte));
    }
    Ok(decoded)
}

/// What follows a backslash in [`quoted`].
fn escaped(rest: &mut std::slice::Iter<'_, u8>) -> Result<u8> {
    let cut_off = || err!(Protocol, "an escape is cut off");
    Ok(match *rest.next().ok_or_else(cut_off)? {
        same @ (b'\\' | b'\'' | b'"') => same,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'0' => 0,
        b'x' => {
            let hex = [*rest.next().ok_or_else(cut_off)?, *rest.next().ok_or_else(cut_off)?];
            hex_number(&hex)? as u8
        }
        other => bail!(Protocol, "unknown escape '\\{}'", char::from(other)),
    })
}

/// Enough of a text to recognise it in a message.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_all_spellings() {
        assert_eq!(integer("-12").unwrap(), -12);
        assert_eq!(integer("9223372036854775807L").unwrap(), i64::MAX);
        assert!(integer("9223372036854775808").is_err());
        assert_eq!(long(&[]).unwrap(), 0);
        assert_eq!(long(&[0xff]).unwrap(), -1);
        assert_eq!(long(&[0xff, 0]).unwrap(), 255);
        assert!(long(&[0; 9]).is_err());
    }

    #[test]
    fn texts_decode_as_python_decodes_them() {
        assert_eq!(raw_unicode(b"a\\u00e9\\U0001F600\xe9\\n\\\\u0041").unwrap(), "aé😀é\\n\\\\u0041");
        assert!(raw_unicode(b"\\u12").is_err() && raw_unicode(b"\\ud800").is_err());
        assert!(raw_unicode(b"\\u+123").is_err());
        assert_eq!(quoted(b"'it\\'s\\x21\\n'").unwrap(), "it's!\n");
        for bad in [&b"abc"[..], b"'", b"'abc\"", b"'\\x2'", b"'\xe9'", b"'\\q'"] {
            assert!(quoted(bad).is_err(), "{bad:?}");
        }
    }
}
