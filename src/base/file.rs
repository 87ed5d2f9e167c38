//! Writing whole files, so that a reader sees the old content or the new and never half of it, whatever happens
//! in between.

use super::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

/// Replaces the file at `path` with what `fill` writes. The new content is written beside it, brought to the
/// disk and then renamed, with the permissions that the old file had. What is no regular file (a pipe, a device) is
/// written directly; so is a file in a folder that takes no new ones. What cannot be renamed over (a mount of its own)
/// is overwritten with the finished content.
pub fn replace(path: &Path, fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>) -> Result<()> {
    let target = resolve(path);
    let existing = match fs::metadata(&target) {
        Ok(existing) if !existing.is_file() => return write_directly(&target, fill),
        Ok(existing) => Some(existing),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(cannot_open(path, &error)),
    };
    let (file, beside) = match create_first(names_beside(&target)) {
        Ok(created) => created,
        Err(error) if existing.is_some() && takes_no_new_files(&error) => {
            return write_directly(&target, fill);
        }
        Err(error) => return Err(cannot_open(path, &error)),
    };
    let moved = write_all(&file, &target, fill).and_then(|()| {
        let adopt = |existing: &fs::Metadata| file.set_permissions(existing.permissions());
        let finish = existing.as_ref().map_or(Ok(()), adopt).and_then(|()| file.sync_all());
        let renamed = finish.and_then(|()| match fs::rename(&beside, &target) {
            Err(error) if existing.is_some() && keeps_its_place(&error) => {
                overwrite(&target, &file).map(|()| false)
            }
            renamed => renamed.map(|()| true),
        });
        renamed.map_err(|error| cannot_write(&target, &error))
    });
    if !matches!(moved, Ok(true)) {
        // The cause of a failure is worth more than that of the failure to clean up.
        let _ = fs::remove_file(&beside);
    }
    moved.map(drop)
}

/// What `path` stands for: a link stays, and what it points to is replaced, or made if it does not exist yet.
fn resolve(path: &Path) -> PathBuf {
    if let Ok(target) = fs::canonicalize(path) {
        return target;
    }
    // What is there without a path of its own, such as a pipe behind /dev/stdout, is taken as it is named.
    if fs::metadata(path).is_ok() {
        return path.to_owned();
    }
    let mut target = path.to_owned();
    // As many links as systems follow. What is a link even then leads nowhere, and opening it says so.
    for _ in 0..40 {
        let Ok(next) = fs::read_link(&target) else { break };
        target = target.with_file_name(next);
    }
    target
}

/// Whether the folder is the obstacle. A full disk is none: the old content would be lost for nothing.
fn takes_no_new_files(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Whether this failure to rename means that the target's content can change, but not its place in the folder.
fn keeps_its_place(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ResourceBusy | ErrorKind::PermissionDenied | ErrorKind::CrossesDevices)
}

fn overwrite(target: &Path, mut finished: &File) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(target)?;
    finished.rewind()?;
    io::copy(&mut finished, &mut file)?;
    file.sync_all()
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

/// Names in the same folder, and so on the same disk. They are random: a process that is killed leaves its file
/// behind, and the next one may have its number. They are short whatever the target's is.
fn names_beside(target: &Path) -> impl Iterator<Item = PathBuf> {
    let name = || format!(".{:016x}.part", RandomState::new().hash_one(std::process::id()));
    std::iter::repeat_with(move || target.with_file_name(name())).take(100)
}

/// Makes the first of these files that does not exist yet.
fn create_first(names: impl Iterator<Item = PathBuf>) -> io::Result<(File, PathBuf)> {
    let mut failure = io::Error::from(ErrorKind::AlreadyExists);
    for name in names {
        match OpenOptions::new().read(true).write(true).create_new(true).open(&name) {
            Ok(file) => return Ok((file, name)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => failure = error,
            Err(error) => return Err(error),
        }
    }
    Err(failure)
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
    fn a_link_to_nothing_stays_and_what_it_names_is_made() {
        let folder = folder("dangling");
        let (first, second) = (folder.join("first"), folder.join("second"));
        fs::create_dir(folder.join("inner")).unwrap();
        symlink("second", &first).unwrap();
        symlink("inner/../new", &second).unwrap();
        replace(&first, bytes(b"made")).unwrap();
        assert!([&first, &second].iter().all(|link| fs::symlink_metadata(link).unwrap().is_symlink()));
        assert_eq!(fs::read(folder.join("new")).unwrap(), b"made");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 4);
        let circle = folder.join("circle");
        symlink("circle", &circle).unwrap();
        assert!(replace(&circle, bytes(b"x")).unwrap_err().message().contains("symbolic links"));
    }

    #[test]
    fn what_a_killed_process_left_is_in_nobodys_way() {
        let folder = folder("left");
        let names = [folder.join("left"), folder.join("free")];
        fs::write(&names[0], "half").unwrap();
        assert_eq!(create_first(names.clone().into_iter()).unwrap().1, names[1]);
        assert_eq!(create_first(names.into_iter()).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_ne!(names_beside(&folder).next(), names_beside(&folder).next());
    }

    #[test]
    fn the_longest_name_is_written() {
        let path = folder("long").join("n".repeat(255));
        replace(&path, bytes(b"x")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
    }

    /// A file in a container is often a mount of its own: it can be written and not be renamed over. The mount is made
    /// in a name space that only a new process can enter, so the test runs itself once more in there.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_mounted_file_is_overwritten() {
        const INSIDE: &str = "a_mounted_file";
        let folder = std::env::current_dir().unwrap();
        if folder.ends_with(INSIDE) {
            replace(Path::new("target"), bytes(b"new")).unwrap();
            assert_eq!(fs::read("target").unwrap(), b"new");
            assert_eq!(fs::read_dir(".").unwrap().count(), 2, "the file beside it is gone");
            return;
        }
        let folder = self::folder("mount").join(INSIDE);
        fs::create_dir(&folder).unwrap();
        ["source", "target"].iter().for_each(|name| fs::write(folder.join(name), "the old content").unwrap());
        let run = |script: &str| {
            let mut command = std::process::Command::new("unshare");
            command.args(["--map-root-user", "--mount", "sh", "-c", script]).current_dir(&folder);
            command.arg(std::env::current_exe().unwrap()).output()
        };
        let mount = "mount --bind source target";
        if run(mount).is_ok_and(|output| output.status.success()) {
            let output = run(&format!(
                "{mount} && exec \"$0\" --exact base::file::tests::a_mounted_file_is_overwritten"
            ));
            let output = output.unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            assert_eq!(fs::read(folder.join("source")).unwrap(), b"new");
        } else {
            eprintln!("skipped: this system lets nobody mount");
        }
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
