//! RecordIO: MXNet's file of records, one after another.
//!
//! A record is written as one or more parts. A part is, in little-endian 32-bit words:
//!
//! ```text
//! magic 0xced7230a | flag (3 bits) and length (29 bits) | length bytes | zeros up to a multiple of 4
//! ```
//!
//! So that a reader can find the next record from anywhere in the file, the magic never appears at a multiple
//! of four inside a part: a record that holds it there is cut at that place, the magic itself left out, and the
//! reader puts it back. The flag says which part this is: 0 the whole record, 1 the first, 2 a middle one,
//! 3 the last.

mod reader;
mod writer;

pub use reader::Reader;
pub use writer::Writer;

const MAGIC: u32 = 0xced7_230a;
/// Lengths are below this: they have 29 bits.
const LENGTH_LIMIT: usize = 1 << 29;

const WHOLE: u32 = 0;
const FIRST: u32 = 1;
const MIDDLE: u32 = 2;
const LAST: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scratch(name: &str) -> String {
        let dir = std::env::temp_dir().join(format!("mxkv-recordio-{}-{name}", std::process::id()));
        dir.to_str().unwrap().to_owned()
    }

    fn write_all(path: &str, records: &[Vec<u8>]) -> Vec<u64> {
        let mut writer = Writer::create(path).unwrap();
        records
            .iter()
            .map(|record| {
                let at = writer.tell();
                writer.write(record).unwrap();
                at
            })
            .collect()
    }

    /// Bytes in which the magic is likely, at and off multiples of four.
    fn record() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(MAGIC.to_le_bytes().to_vec()),
            proptest::collection::vec(any::<u8>(), 0..9),
            Just(vec![0; 4]),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn records_come_back_in_order_and_by_position(records in proptest::collection::vec(record(), 0..6)) {
            let path = scratch("property");
            let positions = write_all(&path, &records);
            let mut reader = Reader::open(&path).unwrap();
            for (record, at) in records.iter().zip(&positions) {
                prop_assert_eq!(reader.tell(), *at);
                prop_assert_eq!(reader.read().unwrap(), Some(record.as_slice()));
            }
            prop_assert_eq!(reader.read().unwrap(), None);
            for (record, at) in records.iter().zip(&positions).rev() {
                reader.seek(*at).unwrap();
                prop_assert_eq!(reader.read().unwrap(), Some(record.as_slice()));
            }
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn bytes_are_those_of_mxnet() {
        let magic = MAGIC.to_le_bytes();
        let records: [&[&[u8]]; 5] =
            [&[b"hello"], &[&magic, &magic], &[b"abcd", &magic, b"e"], &[b"a", &magic, b"bcd"], &[]];
        // A part: the flag and length of its header, and its bytes with their padding. Written by MXNet 1.9.1
        // for the same records.
        let parts: [(u32, u32, &[u8]); 8] = [
            (WHOLE, 5, b"hello\0\0\0"),
            (FIRST, 0, b""),
            (MIDDLE, 0, b""),
            (LAST, 0, b""),
            (FIRST, 4, b"abcd"),
            (LAST, 1, b"e\0\0\0"),
            (WHOLE, 8, b"a\x0a\x23\xd7\xcebcd"),
            (WHOLE, 0, b""),
        ];
        let mut expected = Vec::new();
        for (flag, length, bytes) in parts {
            expected.extend([magic, (flag << 29 | length).to_le_bytes()].concat());
            expected.extend(bytes);
        }
        let path = scratch("bytes");
        write_all(&path, &records.map(|pieces| pieces.concat()));
        assert_eq!(std::fs::read(&path).unwrap(), expected);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn broken_files_are_errors() {
        let magic = MAGIC.to_le_bytes();
        let cases: [(&str, Vec<u8>, &str); 5] = [
            ("magic", vec![1; 8], "no record starts at byte 0"),
            ("header", magic.to_vec(), "ends inside a record"),
            ("body", [magic, 8u32.to_le_bytes()].concat(), "ends inside a record"),
            (
                "flag",
                [magic, (LAST << 29).to_le_bytes()].concat(),
                "part 3 of a record without its beginning",
            ),
            ("huge", [magic, (LENGTH_LIMIT as u32 - 1).to_le_bytes()].concat(), "ends inside a record"),
        ];
        for (name, bytes, expected) in cases {
            let path = scratch(name);
            std::fs::write(&path, bytes).unwrap();
            let mut reader = Reader::open(&path).unwrap();
            for _ in 0..2 {
                let error = reader.read().unwrap_err().to_string();
                assert!(error.contains(expected), "{name}: {error}");
                assert_eq!(reader.tell(), 0, "{name}");
            }
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_record_that_comes_late_is_read_whole() {
        let path = scratch("late");
        let records = [b"first".to_vec(), MAGIC.to_le_bytes().repeat(2)];
        let second = write_all(&path, &records)[1];
        let whole = std::fs::read(&path).unwrap();
        for length in second as usize + 1..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let mut reader = Reader::open(&path).unwrap();
            assert_eq!(reader.read().unwrap(), Some(&records[0][..]));
            assert!(reader.read().is_err(), "{length}");
            assert_eq!(reader.tell(), second);
            std::fs::write(&path, &whole).unwrap();
            assert_eq!(reader.read().unwrap(), Some(&records[1][..]), "{length}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn only_local_files_open() {
        assert!(Reader::open("s3://bucket/x").unwrap_err().to_string().contains("local files only"));
        assert!(Writer::create("").unwrap_err().to_string().contains("empty"));
        assert!(Reader::open("/nonexistent/file").unwrap_err().to_string().contains("/nonexistent/file"));
    }
}
