//! Base64 as JVM workers send it: the standard alphabet, padded, line breaks ignored.

use crate::base::Result;
use crate::{ensure, err};

pub(super) fn decode(text: &str) -> Result<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held, mut padding) = (0_u32, 0_u32, 0_usize);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        if byte == b'=' {
            padding += 1;
            continue;
        }
        ensure!(padding == 0, Protocol, "base64: data after the padding");
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(err!(Protocol, "base64: unexpected byte {byte:#04x}")),
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    // What is left of a last, incomplete byte must be padding and zeros.
    let expected = match held {
        0 => 0,
        4 => 2,
        2 => 1,
        _ => return Err(err!(Protocol, "base64: the text is cut off")),
    };
    ensure!(bits == 0 && (padding == expected || padding == 0), Protocol, "base64: the text is cut off");
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_examples_of_the_standard_decode() {
        for (text, plain) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9v\nYmFy", "foobar")]
        {
            assert_eq!(decode(text).unwrap(), plain.as_bytes(), "{text}");
        }
        assert_eq!(decode("+/+/").unwrap(), [0xfb, 0xff, 0xbf]);
        for bad in ["Z", "Zg=a", "Zh==", "Zm9v=", "Z-==", "Zm9=v"] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
