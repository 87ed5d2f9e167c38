//! Arrays made of a rule.

use super::super::sequence::{CTX, DTYPE, RANGE, arange_shape, count_from, eye};
use crate::array::{DType, Shape};
use crate::ops::Meta;
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, optional, required};
use smallvec::smallvec;

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_npi_arange",
        doc: "start, start + step, … below stop, each repeat times; none if start lies behind stop. Without stop, from 0 \
          to start.",
        inputs: Inputs::Fixed(&[]),
        params: RANGE,
        infer: arange_shape,
        kernel: count_from,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npi_eye",
        doc: "Ones on the k-th diagonal of an N x M matrix of zeros; M = N if M is None.",
        inputs: Inputs::Fixed(&[]),
        params: &[
            required("N", Kind::Long, "Number of rows in the output."),
            optional(
                "M",
                Kind::LongOrNone,
                "None",
                "Number of columns in the output. If None, defaults to N.",
            ),
            optional("k", Kind::Long, "0", "Index of the diagonal."),
            CTX,
            DTYPE,
        ],
        infer: |query| {
            let rows = query.attrs.int("N")?;
            let columns = query.attrs.optional_int("M")?.unwrap_or(rows);
            crate::ensure!(
                rows >= 0 && columns >= 0,
                InvalidArgument,
                "N, M: expected counts of rows and columns, got {rows} and {columns}"
            );
            let dtype = query.attrs.dtype("dtype")?.unwrap_or(DType::Float32);
            Ok(smallvec![Meta::new(Shape::new(&[rows, columns]), dtype)])
        },
        kernel: eye,
        ..Definition::DEFAULT
    },
];
