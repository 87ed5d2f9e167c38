//! The shapes that reshaping codes mean.

use super::shape::Shape;
use crate::base::{Error, Result};
use crate::{bail, ensure};
use smallvec::SmallVec;

type Dims = SmallVec<[i64; 4]>;

/// The shape that `codes` ask for, as MXNet's operator `Reshape` reads them. Positive numbers are extents;
///
/// * 0 takes the source's extent at this place,
/// * -1 is what makes the number of elements right, once,
/// * -2 takes all that is left of the source,
/// * -3 merges the next two source axes,
/// * -4 followed by two numbers splits the next source axis; one of the two may be -1.
///
/// `reverse` reads the codes and the source from the right.
pub fn reshape_codes(source: &Shape, codes: &[i64], reverse: bool) -> Result<Shape> {
    let mut from: Dims = source.dims().into();
    let mut codes: Dims = codes.into();
    if reverse {
        from.reverse();
        codes.reverse();
    }
    let mut reader = Reader { from: &from, next: 0, made: Dims::new(), inferred: None };
    let mut codes = codes.iter().copied();
    while let Some(code) = codes.next() {
        reader.apply(code, &mut codes)?;
    }
    let (mut made, inferred) = (reader.made, reader.inferred);
    if let Some(place) = inferred {
        infer(source, &mut made, place)?;
    }
    if reverse {
        made.reverse();
    }
    Ok(Shape::from(made))
}

/// The shape that `dims` ask for in `MXNDArrayReshape`: -1 once for what makes the number of elements right, 0 for
/// the source's extent at the same place.
pub fn reshape_legacy(source: &Shape, dims: &[i32]) -> Result<Shape> {
    let mut made = Dims::new();
    let mut inferred = None;
    for (i, dim) in dims.iter().enumerate() {
        made.push(match dim {
            -1 => {
                ensure!(inferred.is_none(), Shape, "dims: more than one dimensions are -1");
                inferred = Some(i);
                1
            }
            0 => *source.dims().get(i).ok_or_else(|| too_short("dims", source))?,
            dim => i64::from(*dim),
        });
    }
    if let Some(place) = inferred {
        infer(source, &mut made, place)?;
    }
    Ok(Shape::from(made))
}

struct Reader<'a> {
    from: &'a [i64],
    next: usize,
    made: Dims,
    inferred: Option<usize>,
}

impl Reader<'_> {
    fn apply(&mut self, code: i64, codes: &mut impl Iterator<Item = i64>) -> Result<()> {
        match code {
            0 => {
                let dim = self.take()?;
                self.made.push(dim);
            }
            -1 => {
                ensure!(self.inferred.is_none(), Shape, "shape: One and only one dim can be inferred");
                self.inferred = Some(self.made.len());
                self.made.push(1);
                self.next += 1;
            }
            -2 => {
                self.made.extend(self.from.iter().skip(self.next).copied());
                self.next = self.from.len().max(self.next);
            }
            -3 => {
                let merged = self.take()?.checked_mul(self.take()?);
                self.made.push(merged.ok_or_else(too_large)?);
            }
            -4 => {
                let (Some(left), Some(right)) = (codes.next(), codes.next()) else {
                    bail!(Shape, "shape: -4 must be followed by two extents");
                };
                let halves = split(self.take()?, left, right)?;
                self.made.extend(halves);
            }
            dim if dim > 0 => {
                self.made.push(dim);
                self.next += 1;
            }
            other => bail!(Shape, "shape: expected extents or one of the codes 0 to -4, got {other}"),
        }
        Ok(())
    }

    /// The next extent of the source.
    fn take(&mut self) -> Result<i64> {
        let dim = self.from.get(self.next);
        let dim = *dim.ok_or_else(|| too_short("shape", &Shape::new(self.from)))?;
        self.next += 1;
        Ok(dim)
    }
}

fn split(whole: i64, left: i64, right: i64) -> Result<[i64; 2]> {
    ensure!(left != -1 || right != -1, Shape, "shape: Split dims cannot both be -1.");
    let fill = |part: i64, other: i64| match part {
        -1 => whole.checked_div(other).unwrap_or(-1),
        given => given,
    };
    let halves = [fill(left, right), fill(right, left)];
    ensure!(
        halves.iter().all(|half| *half >= 0) && halves[0].checked_mul(halves[1]) == Some(whole),
        Shape,
        "shape: Split dims {left}, {right} do not divide original dim {whole}"
    );
    Ok(halves)
}

/// Fills in the extent at `place`, which holds 1 until now.
fn infer(source: &Shape, made: &mut Dims, place: usize) -> Result<()> {
    ensure!(
        made.iter().all(|dim| *dim >= 0),
        Shape,
        "shape: expected extents of zero or more beside the one to infer, got {}",
        Shape::new(made)
    );
    let others =
        made.iter().try_fold(1i64, |product, dim| product.checked_mul(*dim)).ok_or_else(too_large)?;
    ensure!(others > 0, Shape, "shape: an extent cannot be inferred beside an extent of zero");
    if let Some(dim) = made.get_mut(place) {
        *dim = i64::try_from(source.size()).map_err(|_| too_large())? / others;
    }
    Ok(())
}

fn too_short(argument: &str, source: &Shape) -> Error {
    crate::err!(Shape, "{argument}: refers to a dimension that exceeds the original shape {source}")
}

fn too_large() -> Error {
    crate::err!(Shape, "shape: the number of elements is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source, codes, reverse, result.
    type Case<'a> = (&'a [i64], &'a [i64], bool, &'a [i64]);

    fn codes(source: &[i64], codes: &[i64], reverse: bool) -> Result<Vec<i64>> {
        reshape_codes(&Shape::new(source), codes, reverse).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn codes_mean_what_they_mean_in_mxnet() {
        let cases: &[Case<'_>] = &[
            (&[2, 3], &[-2], false, &[2, 3]),
            (&[2, 3], &[-3], false, &[6]),
            (&[2, 3], &[-4, 1, 2, -2], false, &[1, 2, 3]),
            (&[2, 3], &[0, -4, 3, -1], false, &[2, 3, 1]),
            (&[2, 3, 4], &[4, 0, 2], false, &[4, 3, 2]),
            (&[2, 3, 4], &[6, 1, -1], false, &[6, 1, 4]),
            (&[2, 3, 4, 5], &[-3, -3], false, &[6, 20]),
            (&[2, 3, 4], &[-4, -1, 2, -2], false, &[1, 2, 3, 4]),
            (&[10, 5, 4], &[-1, 0], false, &[40, 5]),
            (&[10, 5, 4], &[-1, 0], true, &[50, 4]),
            (&[0, 3], &[-1, 3], false, &[0, 3]),
        ];
        for (source, given, reverse, expected) in cases {
            let made = codes(source, given, *reverse).unwrap();
            assert_eq!(&made, expected, "{source:?} {given:?} reverse={reverse}");
        }
    }

    #[test]
    fn senseless_codes_are_errors() {
        for bad in [
            &[-1, -1][..],
            &[-5],
            &[0, 0, 0],
            &[-3, -3],
            &[-4, 2],
            &[-4, -1, -1],
            &[-4, 5, 2],
            &[-4, -2, -1],
            &[0, 0, -4, 1, 1],
            &[i64::MIN],
            &[i64::MAX, i64::MAX, -1],
        ] {
            assert!(codes(&[2, 3], bad, false).is_err(), "{bad:?}");
        }
        assert!(codes(&[0, 3], &[0, -1], false).is_err());
        assert!(codes(&[2, 3], &[-4, 1, 2, -2], true).is_err());
    }

    #[test]
    fn the_first_reshape_knows_two_codes() {
        let source = Shape::new(&[2, 3]);
        let reshape = |dims: &[i32]| reshape_legacy(&source, dims).map(|shape| shape.dims().to_vec());
        assert_eq!(reshape(&[0, -1]).unwrap(), [2, 3]);
        assert_eq!(reshape(&[-1, 4]).unwrap(), [1, 4]);
        assert_eq!(reshape(&[-1, 2]).unwrap(), [3, 2]);
        assert!(reshape(&[-1, -1]).unwrap_err().message().contains("more than one dimensions are -1"));
        assert!(reshape(&[2, 3, 0]).is_err());
        assert!(reshape(&[-2, -1]).is_err());
    }
}
