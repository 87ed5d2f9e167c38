//! Copies and conversions: `_copyto`, `_copy`, `Cast`, `amp_cast`, `cast_storage`.

use crate::array::Storage;
use crate::base::Result;
use crate::ops::kernels::storage::cast_into;
use crate::ops::operator::{Definition, Plan};
use crate::ops::param::{DTYPES, DTYPES_NO_BOOL, Kind, required};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_copyto",
        array_type: "NDArray",
        aliases: &["_npi_copyto"],
        doc: "Copies data into out, which has the same shape, converting element type and storage type.",
        needs_output: true,
        converts_dtype: true,
        plan: as_given,
        kernel: copy,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_copy",
        aliases: &["identity"],
        doc: "A copy of data.",
        plan: keep_storage,
        kernel: copy,
        ..Definition::DEFAULT
    },
    Definition {
        name: "Cast",
        aliases: &["cast", "_npi_cast", "_npx_cast"],
        doc: "Converts the elements of data as C does: floats to integers truncate, 8-bit integers wrap.",
        params: &[required("dtype", Kind::DType(DTYPES), "Output data type.")],
        infer: to_dtype,
        kernel: copy,
        ..Definition::DEFAULT
    },
    Definition {
        name: "amp_cast",
        doc: "Converts between float types; arrays of other types are only copied.",
        params: &[required("dtype", Kind::DType(DTYPES_NO_BOOL), "Output data type.")],
        infer: to_float_dtype,
        kernel: copy,
        ..Definition::DEFAULT
    },
    Definition {
        name: "cast_storage",
        aliases: &["_sparse_cast_storage"],
        doc: "Converts the storage type. A row (or element) is kept if it is not zero; NaN is not zero.",
        inputs: Inputs::Fixed(&["data"]),
        params: &[required("stype", Kind::Enum(&["csr", "default", "row_sparse"]), "Output storage type.")],
        makes_sparse: true,
        plan: to_storage,
        kernel: copy,
        ..Definition::DEFAULT
    },
];

fn copy(call: &Invocation) -> Result<()> {
    cast_into(call.input(0)?, call.output(0)?)
}

fn to_dtype(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let dtype = query.attrs.dtype("dtype")?.unwrap_or(data.dtype());
    Ok(smallvec![Meta::new(data.shape().clone(), dtype)])
}

fn to_float_dtype(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let dtype = query.attrs.dtype("dtype")?.filter(|_| data.dtype().is_float()).unwrap_or(data.dtype());
    Ok(smallvec![Meta::new(data.shape().clone(), dtype)])
}

fn as_given(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let storage = query.given_output().map_or(Storage::Dense, |output| output.storage());
    Ok(Plan::Direct(smallvec![storage]))
}

fn keep_storage(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    Ok(Plan::Direct(smallvec![query.input(0)?.storage()]))
}

fn to_storage(attrs: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let name = attrs.text("stype")?;
    let storage = Storage::from_name(name).unwrap_or(Storage::Dense);
    let from = query.input(0)?.storage();
    crate::ensure!(
        from == storage || from == Storage::Dense || storage == Storage::Dense,
        StorageType,
        "cast_storage: cannot convert {} storage to {name} storage",
        from.name()
    );
    crate::ensure!(
        storage != Storage::Csr || query.input(0)?.shape().rank() == 2,
        Shape,
        "cast_storage: csr storage needs two dimensions, got shape {}",
        query.input(0)?.shape()
    );
    Ok(Plan::Direct(smallvec![storage]))
}
