//! Reads records.

use super::{FIRST, LAST, LENGTH_LIMIT, MAGIC, MIDDLE, WHOLE};
use crate::base::uri::local_path;
use crate::base::{Error, Result, reserve};
use crate::{bail, ensure, err};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};

/// A RecordIO file being read.
#[derive(Debug)]
pub struct Reader {
    file: BufReader<File>,
    path: String,
    position: u64,
    /// The record returned last, and a NUL after it: the Scala frontend's native layer takes records for C strings.
    record: Vec<u8>,
}

impl Reader {
    /// Opens the file `uri`.
    pub fn open(uri: &str) -> Result<Self> {
        let path = local_path("uri", uri)?;
        let file = File::open(path).map_err(|cause| Error::io(format!("opening '{path}'"), &cause))?;
        Ok(Reader { file: BufReader::new(file), path: path.to_owned(), position: 0, record: Vec::new() })
    }

    /// The next record, or `None` at the end of the file. After a failure the position is still that of the record
    /// which cannot be read.
    pub fn read(&mut self) -> Result<Option<&[u8]>> {
        let start = self.position;
        match self.parts() {
            Ok(found) => Ok(self.record.split_last().filter(|_| found).map(|(_nul, record)| record)),
            Err(error) => {
                // The cause is worth more than the failure to go back.
                let _ = self.seek(start);
                Err(error)
            }
        }
    }

    /// Collects the parts of the next record; `false` at the end of the file.
    fn parts(&mut self) -> Result<bool> {
        self.record.clear();
        let mut begun = false;
        loop {
            let start = self.position;
            let Some((flag, length)) = self.header(begun)? else { return Ok(false) };
            let in_order = if begun { matches!(flag, MIDDLE | LAST) } else { matches!(flag, WHOLE | FIRST) };
            ensure!(
                in_order,
                Protocol,
                "'{}': byte {start} holds part {flag} of a record {}",
                self.path,
                if begun { "inside another" } else { "without its beginning" }
            );
            if begun {
                reserve(&mut self.record, 4)?;
                self.record.extend_from_slice(&MAGIC.to_le_bytes());
            }
            self.body(length)?;
            if matches!(flag, WHOLE | LAST) {
                reserve(&mut self.record, 1)?;
                self.record.push(0);
                return Ok(true);
            }
            begun = true;
        }
    }

    /// Where the next record starts, in bytes from the start of the file.
    pub fn tell(&self) -> u64 {
        self.position
    }

    /// Continues at byte `position`, which must be the start of a record (as [`Writer::tell`] gave it). A
    /// wrong position is noticed by the next [`Reader::read`].
    ///
    /// [`Writer::tell`]: super::Writer::tell
    pub fn seek(&mut self, position: u64) -> Result<()> {
        self.file
            .seek(SeekFrom::Start(position))
            .map_err(|cause| Error::io(format!("seeking to byte {position} of '{}'", self.path), &cause))?;
        self.position = position;
        Ok(())
    }

    /// Flag and length of the next part; `None` at the end of the file, which is an error inside a record.
    fn header(&mut self, inside: bool) -> Result<Option<(u32, usize)>> {
        let start = self.position;
        let mut magic = [0; 4];
        let first = loop {
            match self.file.read(&mut magic) {
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => return Err(Error::io(format!("reading '{}'", self.path), &cause)),
                Ok(count) => break count,
            }
        };
        if first == 0 && !inside {
            return Ok(None);
        }
        let (_, missing) = magic.split_at_mut(first);
        self.file.read_exact(missing).map_err(|cause| broken(&self.path, start, &cause))?;
        ensure!(
            u32::from_le_bytes(magic) == MAGIC,
            Protocol,
            "'{}': no record starts at byte {start}; is this a RecordIO file, and the position that of a record?",
            self.path
        );
        let mut word = [0; 4];
        self.file.read_exact(&mut word).map_err(|cause| broken(&self.path, start, &cause))?;
        let word = u32::from_le_bytes(word);
        self.position += 8;
        Ok(Some((word >> 29, word as usize % LENGTH_LIMIT)))
    }

    /// Appends `length` bytes to the record and skips the padding. Memory grows with what the file really
    /// holds, so that a wrong length cannot ask for half a gigabyte; where there is none, `read_to_end` says so.
    fn body(&mut self, length: usize) -> Result<()> {
        let start = self.position;
        let got = self
            .file
            .by_ref()
            .take(length as u64)
            .read_to_end(&mut self.record)
            .map_err(|cause| Error::io(format!("reading '{}'", self.path), &cause))?;
        if got < length {
            bail!(
                Protocol,
                "'{}' ends inside a record: byte {start} needs {length} more, {got} are there",
                self.path
            );
        }
        let padded = length.next_multiple_of(4);
        let mut padding = [0; 3];
        let padding = padding.get_mut(..padded - length).unwrap_or_default();
        self.file.read_exact(padding).map_err(|cause| broken(&self.path, start, &cause))?;
        self.position += padded as u64;
        Ok(())
    }
}

fn broken(path: &str, start: u64, cause: &std::io::Error) -> Error {
    match cause.kind() {
        ErrorKind::UnexpectedEof => err!(Protocol, "'{path}' ends inside a record, after byte {start}"),
        _ => Error::io(format!("reading '{path}'"), cause),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Writer;
    use super::*;

    #[test]
    fn a_nul_follows_every_record() {
        let path = std::env::temp_dir().join(format!("mxkv-recordio-nul-{}", std::process::id()));
        let path = path.to_str().unwrap();
        let mut writer = Writer::create(path).unwrap();
        for record in [&b"a long one"[..], b"", b"x"] {
            writer.write(record).unwrap();
        }
        drop(writer);
        let mut reader = Reader::open(path).unwrap();
        for expected in [&b"a long one"[..], b"", b"x"] {
            assert_eq!(reader.read().unwrap(), Some(expected));
            assert_eq!(reader.record.last(), Some(&0));
        }
        assert_eq!(reader.read().unwrap(), None);
        std::fs::remove_file(path).unwrap();
    }
}
