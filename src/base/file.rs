//! Writing whole files, so that a reader sees the old content or the new and never half of it, whatever happens
//! in between.

use super::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Replaces the file at `path` with what `fill` writes. The new content is written beside it, brought to the
/// disk and then renamed, with the permissions that the old file had. What is no regular file (a pipe, a device) is
/// written directly.
pub fn replace(path: &Path, fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>) -> Result<()> {
    // A link stays: what it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = fs::metadata(&target).ok();
    if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
        return write_directly(&target, fill);
    }
    let beside = name_beside(&target);
    let file = match OpenOptions::new().write(true).create_new(true).open(&beside) {
        Ok(file) => file,
        // The folder takes no new files but this one may be written.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && existing.is_some() => {
            return write_directly(&target, fill);
        }
        Err(error) => return Err(cannot_open(path, &error)),
    };
    let written = write_all(&file, &target, fill).and_then(|()| {
        let adopt = |existing: fs::Metadata| file.set_permissions(existing.permissions());
        let finish = existing.map_or(Ok(()), adopt).and_then(|()| file.sync_all());
        finish.and_then(|()| fs::rename(&beside, &target)).map_err(|error| cannot_write(&target, &error))
    });
    if written.is_err() {
        // The cause is worth more than the failure to clean up.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_directly(target: &Path, fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>) -> Result<()> {
    let file = OpenOptions::new().write(true).truncate(true).open(target);
    write_all(&file.map_err(|error| cannot_open(target, &error))?, target, fill)
}

fn write_all(
    file: &File,
    target: &Path,
    fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>,
) -> Result<()> {
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    fill(&mut writer)?;
    writer.flush().map_err(|error| cannot_write(target, &error))
}

/// A name in the same folder, and so on the same disk, that nobody else uses.
fn name_beside(target: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    target.with_file_name(format!(".{name}.{}.{count}.part", std::process::id()))
}

/// The text programs look for when a file is missing.
pub fn cannot_open(path: &Path, cause: &io::Error) -> Error {
    Error::io(format!("Open \"{}\"", path.display()), &plain(cause))
}

fn cannot_write(path: &Path, cause: &io::Error) -> Error {
    Error::io(format!("Write \"{}\"", path.display()), &plain(cause))
}

/// The system's words alone, without the number that Rust appends.
fn plain(cause: &io::Error) -> io::Error {
    let text = cause.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    io::Error::new(cause.kind(), text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mxkv-file-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn bytes(content: &[u8]) -> impl FnOnce(&mut (dyn Write + Send)) -> Result<()> {
        move |writer| writer.write_all(content).map_err(|error| Error::io("test", &error))
    }

    #[test]
    fn a_failure_leaves_the_old_content_and_nothing_else() {
        let folder = folder("failure");
        let path = folder.join("a");
        replace(&path, bytes(b"old")).unwrap();
        let failed = replace(&path, |writer| {
            bytes(b"half")(writer)?;
            Err(crate::err!(Shape, "no"))
        });
        assert_eq!(failed.unwrap_err().message(), "no");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn links_and_permissions_stay() {
        let folder = folder("links");
        let (path, link) = (folder.join("a"), folder.join("b"));
        replace(&path, bytes(b"old")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        replace(&link, bytes(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn devices_are_written_directly() {
        replace(Path::new("/dev/null"), bytes(b"x")).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = replace(Path::new("/nonexistent/a"), bytes(b"x")).unwrap_err();
        assert_eq!(error.message(), "Open \"/nonexistent/a\": No such file or directory");
    }
}
