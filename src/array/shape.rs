//! Shapes: the extents of an array, outermost first.

use smallvec::SmallVec;
use std::fmt;

/// Extents of an array. Rank 0 is a scalar with one element.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape(SmallVec<[i64; 4]>);

/// By hand, because the derived form copies element by element, and every array that is passed on copies its
/// shape.
impl Clone for Shape {
    #[inline]
    fn clone(&self) -> Self {
        Shape(SmallVec::from_slice(&self.0))
    }
}

/// No array has more dimensions; a wrong count that comes from outside must not ask for memory.
pub const MOST_DIMS: usize = 64;

/// Arrays of this many elements or more cannot be made, as in stock builds of MXNet 1.9.1.
pub const MAX_ELEMENTS: i64 = i32::MAX as i64;

impl Shape {
    pub fn new(dims: &[i64]) -> Self {
        Shape(SmallVec::from_slice(dims))
    }

    #[inline]
    pub fn dims(&self) -> &[i64] {
        &self.0
    }

    pub fn dims_mut(&mut self) -> &mut [i64] {
        &mut self.0
    }

    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The number of elements; rank 0 has one. Negative extents count as 0 and the product saturates, so a
    /// caller that checked nothing still gets a usable number.
    #[inline]
    pub fn size(&self) -> usize {
        self.0.iter().fold(1usize, |product, dim| product.saturating_mul(usize::try_from(*dim).unwrap_or(0)))
    }

    /// Elements per step of the first axis: the product of all extents but the first.
    pub fn row_size(&self) -> usize {
        self.0
            .iter()
            .skip(1)
            .fold(1usize, |product, dim| product.saturating_mul(usize::try_from(*dim).unwrap_or(0)))
    }

    /// The first extent, 1 for a scalar.
    pub fn rows(&self) -> usize {
        self.0.first().map_or(1, |dim| usize::try_from(*dim).unwrap_or(0))
    }

    /// The same shape with another first extent.
    pub fn with_rows(&self, rows: usize) -> Shape {
        let mut shape = self.clone();
        if let Some(first) = shape.0.first_mut() {
            *first = i64::try_from(rows).unwrap_or(i64::MAX);
        }
        shape
    }

    /// Checks that an array of this shape can be made: no negative extent and not too many elements.
    pub fn check(&self) -> crate::base::Result<()> {
        crate::ensure!(
            self.0.iter().all(|dim| *dim >= 0),
            Shape,
            "shape {self}: expected extents of zero or more"
        );
        crate::ensure!(
            (self.size() as u128) < MAX_ELEMENTS as u128,
            Shape,
            "shape {self}: expected fewer than {MAX_ELEMENTS} elements"
        );
        Ok(())
    }

    /// The axis that a possibly negative number means.
    pub fn axis(&self, argument: &str, axis: i64) -> crate::base::Result<usize> {
        let rank = self.rank() as i64;
        let counted = if axis < 0 { axis + rank } else { axis };
        usize::try_from(counted).ok().filter(|_| counted < rank).ok_or_else(|| {
            crate::err!(Shape, "{argument}: axis {axis} does not exist in an array of {rank} dimensions")
        })
    }

    /// Steps in elements of each axis of a compact array.
    pub fn strides(&self) -> SmallVec<[usize; 4]> {
        let mut strides: SmallVec<[usize; 4]> = SmallVec::from_elem(1, self.rank());
        for i in (1..self.rank()).rev() {
            strides[i - 1] = strides[i].saturating_mul(usize::try_from(self.0[i]).unwrap_or(0));
        }
        strides
    }
}

impl From<SmallVec<[i64; 4]>> for Shape {
    fn from(dims: SmallVec<[i64; 4]>) -> Self {
        Shape(dims)
    }
}

impl FromIterator<i64> for Shape {
    fn from_iter<I: IntoIterator<Item = i64>>(dims: I) -> Self {
        Shape(dims.into_iter().collect())
    }
}

/// As MXNet prints shapes: `[2,3]`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, dim) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{dim}")?;
        }
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_strides() {
        let shape = Shape::new(&[2, 3, 4]);
        assert_eq!((shape.size(), shape.rows(), shape.row_size()), (24, 2, 12));
        assert_eq!(shape.strides().as_slice(), [12, 4, 1]);
        assert_eq!(shape.to_string(), "[2,3,4]");
        assert_eq!(Shape::default().size(), 1);
        assert_eq!(Shape::new(&[1 << 40, 1 << 40]).size(), usize::MAX);
    }

    #[test]
    fn bad_shapes_are_refused() {
        assert!(Shape::new(&[-1]).check().is_err());
        assert!(Shape::new(&[1 << 32, 1 << 32]).check().is_err());
        assert!(Shape::new(&[i64::from(i32::MAX)]).check().is_err());
        assert!(Shape::new(&[0, 5]).check().is_ok());
    }

    #[test]
    fn axes_count_from_both_ends() {
        let shape = Shape::new(&[2, 3]);
        assert_eq!(shape.axis("axis", -1).unwrap(), 1);
        assert!(shape.axis("axis", 2).is_err());
        assert!(shape.axis("axis", -3).is_err());
    }
}
