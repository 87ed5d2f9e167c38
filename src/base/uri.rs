//! Names of files as MXNet programs give them.

use super::Result;
use crate::ensure;

/// A path, given as such or as `file://` URI. Other schemes name storage this library cannot open.
pub fn local_path<'a>(argument: &str, uri: &'a str) -> Result<&'a str> {
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    ensure!(!path.is_empty(), InvalidArgument, "{argument}: expected the path of a file, got an empty text");
    ensure!(
        !path.contains("://"),
        Unsupported,
        "{argument}: expected a path or a file:// URI, got '{uri}'; mxkv opens local files only"
    );
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_files_have_a_path() {
        assert_eq!(local_path("uri", "/tmp/a").unwrap(), "/tmp/a");
        assert_eq!(local_path("uri", "file:///tmp/a").unwrap(), "/tmp/a");
        assert!(local_path("uri", "").is_err() && local_path("uri", "file://").is_err());
        let error = local_path("uri", "s3://bucket/a").unwrap_err();
        assert!(error.message().contains("'s3://bucket/a'"));
    }
}
