//! What every kind of store does, written once against the trait and run on each.
//!
//! `suite` holds the behaviours, `twin` random programs that are compared with a model a few lines long. A store
//! that cannot do something declares it in its [`Abilities`]; then the suite checks that it says so.

mod bench;
mod suite;
mod twin;

use bench::{Abilities, Bench};
use mxkv::engine::Mode;

const LOCAL: Abilities =
    Abilities { sparse: true, compression: false, casts_values: false, any_dtype: true, updater: true };

fn local(type_name: &'static str, mode: Mode) -> impl Fn() -> Bench {
    let is_device = matches!(type_name, "device" | "local_allreduce_device");
    let abilities = Abilities { compression: is_device, casts_values: is_device, ..LOCAL };
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
