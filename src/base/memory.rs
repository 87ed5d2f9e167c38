//! Asking for memory where a program's own size, not ours, says how much.

use super::Result;

/// Makes room for `more` elements. Otherwise a list that grows ends the process when memory is short.
pub fn reserve<T>(list: &mut Vec<T>, more: usize) -> Result<()> {
    list.try_reserve(more).map_err(|_| {
        crate::err!(OutOfMemory, "cannot allocate {} bytes", more.saturating_mul(size_of::<T>()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ErrorKind;

    #[test]
    fn too_much_is_an_error() {
        let mut list = vec![1u64];
        assert_eq!(reserve(&mut list, usize::MAX).unwrap_err().kind(), ErrorKind::OutOfMemory);
        assert_eq!(reserve(&mut list, 1 << 56).unwrap_err().kind(), ErrorKind::OutOfMemory);
        reserve(&mut list, 100).unwrap();
        assert!(list.capacity() > 100 && list == [1]);
    }
}
