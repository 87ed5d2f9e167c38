//! What every kind of local store does, written once against the trait and run on each. Distributed stores need a
//! cluster: `tests/python/dist` and `tests/cluster` run them.
//!
//! `suite` holds the behaviours, `twin` random programs that are compared with a model a few lines long. What not
//! every store can do is in its [`Abilities`]; the suite checks that the others say so.

mod bench;
mod suite;
mod twin;

use bench::{Abilities, Bench};
use mxkv::engine::Mode;

fn local(type_name: &'static str, mode: Mode) -> impl Fn() -> Bench {
    let is_device = matches!(type_name, "device" | "local_allreduce_device");
    let abilities = Abilities { compression: is_device, casts_values: is_device };
    move || Bench::new(type_name, mode, abilities)
}

#[test]
fn local_stores_conform() {
    for type_name in ["local", "local_update_cpu", "local_allreduce_cpu", "local_allreduce_device", "device"]
    {
        suite::run(local(type_name, Mode::Threaded(2)));
    }
}

#[test]
fn local_stores_conform_without_threads() {
    for type_name in ["local", "device"] {
        suite::run(local(type_name, Mode::Naive));
    }
}

#[test]
fn local_stores_run_random_programs_as_the_twin_does() {
    for type_name in ["local", "device"] {
        twin::compare(local(type_name, Mode::Threaded(2)));
        twin::compare(local(type_name, Mode::Naive));
    }
}
