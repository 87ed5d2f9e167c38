//! The names that a pickle may mention. Everything else is refused before anything is made of it.

use crate::bail;
use crate::base::Result;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `copyreg._reconstructor`: makes an object of a class.
    Reconstructor,
    /// `object`, which the reconstructor is given as the base.
    Object,
    /// `_codecs.encode`: bytes from a text of the characters 0 to 255.
    Encode,
    /// `bytes`, `bytearray`.
    Bytes,
    OrderedDict,
    /// A number of numpy: its element type and its bytes.
    NumpyScalar,
    NumpyDtype,
    /// The parts of a numpy array. Nothing reads them, but they may lie in attributes that nothing reads.
    NumpyArray,
    /// An array of MXNet, of any storage type.
    NdArray,
    Optimizer,
    Scheduler,
}

/// A name of the list below.
#[derive(Debug, PartialEq, Eq)]
pub struct Global {
    pub module: &'static str,
    pub name: &'static str,
    pub kind: Kind,
}

const fn global(module: &'static str, name: &'static str, kind: Kind) -> Global {
    Global { module, name, kind }
}

static PLAIN: &[Global] = &[
    global("copy_reg", "_reconstructor", Kind::Reconstructor),
    global("copyreg", "_reconstructor", Kind::Reconstructor),
    global("__builtin__", "object", Kind::Object),
    global("builtins", "object", Kind::Object),
    global("__builtin__", "bytearray", Kind::Bytes),
    global("builtins", "bytearray", Kind::Bytes),
    global("__builtin__", "bytes", Kind::Bytes),
    global("builtins", "bytes", Kind::Bytes),
    global("_codecs", "encode", Kind::Encode),
    global("collections", "OrderedDict", Kind::OrderedDict),
    global("numpy.core.multiarray", "scalar", Kind::NumpyScalar),
    global("numpy._core.multiarray", "scalar", Kind::NumpyScalar),
    global("numpy", "dtype", Kind::NumpyDtype),
    global("numpy.core.multiarray", "_reconstruct", Kind::NumpyArray),
    global("numpy._core.multiarray", "_reconstruct", Kind::NumpyArray),
    global("numpy.core.numeric", "_frombuffer", Kind::NumpyArray),
    global("numpy._core.numeric", "_frombuffer", Kind::NumpyArray),
    global("numpy", "ndarray", Kind::NumpyArray),
    global("mxnet.ndarray.ndarray", "NDArray", Kind::NdArray),
    global("mxnet.ndarray.sparse", "RowSparseNDArray", Kind::NdArray),
    global("mxnet.ndarray.sparse", "CSRNDArray", Kind::NdArray),
    global("mxnet.ndarray", "NDArray", Kind::NdArray),
    global("mxnet.numpy.multiarray", "ndarray", Kind::NdArray),
    global("mxnet.optimizer.contrib", "GroupAdaGrad", Kind::Optimizer),
];

const OPTIMIZER: &str = "mxnet.optimizer.optimizer";

static OPTIMIZERS: &[Global] = &[
    global(OPTIMIZER, "AdaDelta", Kind::Optimizer),
    global(OPTIMIZER, "AdaGrad", Kind::Optimizer),
    global(OPTIMIZER, "Adam", Kind::Optimizer),
    global(OPTIMIZER, "Adamax", Kind::Optimizer),
    global(OPTIMIZER, "DCASGD", Kind::Optimizer),
    global(OPTIMIZER, "FTML", Kind::Optimizer),
    global(OPTIMIZER, "Ftrl", Kind::Optimizer),
    global(OPTIMIZER, "LAMB", Kind::Optimizer),
    global(OPTIMIZER, "LARS", Kind::Optimizer),
    global(OPTIMIZER, "LBSGD", Kind::Optimizer),
    global(OPTIMIZER, "NAG", Kind::Optimizer),
    global(OPTIMIZER, "Nadam", Kind::Optimizer),
    global(OPTIMIZER, "RMSProp", Kind::Optimizer),
    global(OPTIMIZER, "SGD", Kind::Optimizer),
    global(OPTIMIZER, "SGLD", Kind::Optimizer),
    global(OPTIMIZER, "Signum", Kind::Optimizer),
    global(OPTIMIZER, "Test", Kind::Optimizer),
    global(OPTIMIZER, "ccSGD", Kind::Optimizer),
];

const SCHEDULER: &str = "mxnet.lr_scheduler";

static SCHEDULERS: &[Global] = &[
    global(SCHEDULER, "FactorScheduler", Kind::Scheduler),
    global(SCHEDULER, "MultiFactorScheduler", Kind::Scheduler),
    global(SCHEDULER, "PolyScheduler", Kind::Scheduler),
    global(SCHEDULER, "CosineScheduler", Kind::Scheduler),
];

/// The entry for a name; names that are not listed are an error that says which.
pub(super) fn look_up(module: &str, name: &str) -> Result<&'static Global> {
    let all = PLAIN.iter().chain(OPTIMIZERS).chain(SCHEDULERS);
    for global in all {
        if global.module == module && global.name == name {
            return Ok(global);
        }
    }
    let shown: String = format!("{module}.{name}").chars().take(200).collect();
    bail!(
        Unsupported,
        "'{}' is refused: only MXNet's own optimizers and plain values are read",
        shown.escape_debug()
    )
}
