//! What must hold in every simulated run, one file each. A violation is a text; the run collects them.

pub mod barriers;
pub mod ends;
pub mod reads;
pub mod rounds;
pub mod tiling;
