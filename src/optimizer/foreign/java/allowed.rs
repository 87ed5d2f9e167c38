//! The classes that a stream may describe.

use crate::bail;
use crate::base::Result;

const CLASSES: &[&str] = &[
    "java.lang.Boolean",
    "java.lang.Double",
    "java.lang.Float",
    "java.lang.Integer",
    "java.lang.Long",
    "java.lang.Number",
    "org.apache.mxnet.Optimizer",
    "org.apache.mxnet.optimizer.AdaDelta",
    "org.apache.mxnet.optimizer.AdaGrad",
    "org.apache.mxnet.optimizer.Adam",
    "org.apache.mxnet.optimizer.DCASGD",
    "org.apache.mxnet.optimizer.NAG",
    "org.apache.mxnet.optimizer.RMSProp",
    "org.apache.mxnet.optimizer.SGD",
    "org.apache.mxnet.optimizer.SGLD",
    "scala.None$",
    "scala.Option",
    "scala.Some",
    "scala.collection.immutable.HashMap",
    "scala.collection.immutable.HashMap$SerializationProxy",
    "scala.collection.immutable.Map$EmptyMap$",
    "scala.collection.immutable.Map$Map1",
    "scala.collection.immutable.Map$Map2",
    "scala.collection.immutable.Map$Map3",
    "scala.collection.immutable.Map$Map4",
    "scala.collection.mutable.HashMap",
    "scala.collection.mutable.HashSet",
    "scala.util.Either",
    "scala.util.Left",
    "scala.util.Right",
];

/// The listed name; names that are not listed are an error that says which.
pub(super) fn look_up(name: &str) -> Result<&'static str> {
    if let Some(found) = CLASSES.iter().find(|known| **known == name) {
        return Ok(found);
    }
    let shown: String = name.chars().take(200).collect();
    bail!(
        Unsupported,
        "'{}' is refused: only MXNet's own optimizers and plain values are read",
        shown.escape_debug()
    )
}
