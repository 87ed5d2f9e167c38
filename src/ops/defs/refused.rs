//! Operators that are listed because frontends look for them when they start, and refused when called.

use crate::bail;
use crate::ops::operator::{Definition, Inputs};

/// Of `mxnet.numpy`: the stock Python frontend does not start without these names.
pub static OPERATORS: &[Definition] = &[
    refused("_np_all"),
    refused("_np_any"),
    refused("_np_atleast_1d"),
    refused("_np_atleast_2d"),
    refused("_np_atleast_3d"),
    refused("_np_copy"),
    refused("_np_diag"),
    refused("_np_diagflat"),
    refused("_np_diagonal"),
    refused("_np_moveaxis"),
    refused("_np_roll"),
    refused("_np_sometrue"),
    refused("_npx_constraint_check"),
    refused("_npx_reshape"),
    refused("_npi_Custom"),
];

const fn refused(name: &'static str) -> Definition {
    Definition {
        name,
        doc: "Not available: mxkv has MXNet's arrays (mxnet.ndarray), not its copy of numpy.",
        inputs: Inputs::Variadic { name: "data", count: None, per_count: 1, extra: 0 },
        refused: true,
        infer: |query| {
            bail!(
                Unsupported,
                "Operator {} is not available: mxkv has MXNet's arrays (mxnet.ndarray), not its copy of numpy \
                 (mxnet.numpy); the full libmxnet has both, alone or under mxkv in overlay mode",
                query.operator.name
            )
        },
        ..Definition::DEFAULT
    }
}
