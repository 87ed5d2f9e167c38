//! Writes records.

use super::{FIRST, LAST, LENGTH_LIMIT, MAGIC, MIDDLE, WHOLE};
use crate::base::uri::local_path;
use crate::base::{Error, Result, reserve};
use crate::ensure;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

/// A RecordIO file being written. Each record reaches the operating system before [`Writer::write`] returns,
/// so nothing is lost when the writer is never freed.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: String,
    position: u64,
    /// Whether the file ends in a part of a record that could not be taken back.
    is_broken: bool,
    /// One record with its headers; kept to spare an allocation per record.
    parts: Vec<u8>,
}

impl Writer {
    /// Creates the file `uri`, or empties it.
    pub fn create(uri: &str) -> Result<Self> {
        let path = local_path("uri", uri)?;
        let file = File::create(path).map_err(|cause| Error::io(format!("creating '{path}'"), &cause))?;
        Ok(Writer { file, path: path.to_owned(), position: 0, is_broken: false, parts: Vec::new() })
    }

    /// Appends one record.
    pub fn write(&mut self, record: &[u8]) -> Result<()> {
        Self::check_size(record.len())?;
        self.parts.clear();
        let mut rest = record;
        let mut cut = false;
        while let Some(at) = next_magic(rest) {
            let (part, tail) = rest.split_at(at);
            push_part(&mut self.parts, if cut { MIDDLE } else { FIRST }, part)?;
            rest = tail.get(4..).unwrap_or_default();
            cut = true;
        }
        push_part(&mut self.parts, if cut { LAST } else { WHOLE }, rest)?;
        self.append(File::write_all)
    }

    /// Adds what is in `parts` to the file, or nothing of it.
    fn append(&mut self, write: impl FnOnce(&mut File, &[u8]) -> io::Result<()>) -> Result<()> {
        ensure!(
            !self.is_broken,
            Io,
            "writing '{}': an earlier record was written in part and is in the way at byte {}",
            self.path,
            self.position
        );
        if let Err(cause) = write(&mut self.file, &self.parts) {
            let start = SeekFrom::Start(self.position);
            let taken_back = self.file.set_len(self.position).and_then(|()| self.file.seek(start));
            self.is_broken = taken_back.is_err();
            return Err(Error::io(format!("writing '{}'", self.path), &cause));
        }
        self.position += self.parts.len() as u64;
        Ok(())
    }

    /// Whether a record of `size` bytes can be written.
    pub fn check_size(size: usize) -> Result<()> {
        ensure!(
            size < LENGTH_LIMIT,
            InvalidArgument,
            "size: expected a record below {LENGTH_LIMIT} bytes, got {size}"
        );
        Ok(())
    }

    /// Where the next record will start, in bytes from the start of the file.
    pub fn tell(&self) -> u64 {
        self.position
    }
}

/// Bytes of a part that are not the record's: magic, flag and length, padding.
const MOST_EXTRA: usize = 4 + 4 + 3;

/// The first multiple of four at which `bytes` holds the magic.
fn next_magic(bytes: &[u8]) -> Option<usize> {
    bytes.chunks_exact(4).position(|word| word == MAGIC.to_le_bytes()).map(|index| index * 4)
}

fn push_part(out: &mut Vec<u8>, flag: u32, part: &[u8]) -> Result<()> {
    reserve(out, part.len() + MOST_EXTRA)?;
    out.extend_from_slice(&MAGIC.to_le_bytes());
    // The caller has checked that the length fits its 29 bits.
    out.extend_from_slice(&(flag << 29 | part.len() as u32).to_le_bytes());
    out.extend_from_slice(part);
    out.resize(out.len().next_multiple_of(4), 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    #[test]
    fn a_record_that_is_written_in_part_leaves_nothing_behind() {
        let file = std::env::temp_dir().join(format!("mxkv-recordio-{}-in-part", std::process::id()));
        let uri = file.to_str().unwrap();
        let mut writer = Writer::create(uri).unwrap();
        writer.write(b"first").unwrap();
        let full = |file: &mut File, bytes: &[u8]| {
            file.write_all(&bytes[..bytes.len() / 2])?;
            Err(io::ErrorKind::StorageFull.into())
        };
        let (end, error) = (writer.tell(), writer.append(full).unwrap_err());
        assert!(error.to_string().contains(uri), "{error}");
        assert_eq!(writer.tell(), end);
        writer.write(b"second").unwrap();
        let mut reader = Reader::open(uri).unwrap();
        assert_eq!(reader.read().unwrap(), Some(&b"first"[..]));
        assert_eq!(reader.read().unwrap(), Some(&b"second"[..]));
        assert_eq!(reader.read().unwrap(), None);
        std::fs::remove_file(file).unwrap();
    }
}
