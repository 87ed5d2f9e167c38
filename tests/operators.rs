//! docs/operators.md is what the registry says. `BLESS=1 cargo test --test operators` writes it again.

use mxkv::ops::{Inputs, Operator, registry};
use std::fmt::Write;
use std::path::Path;

const HEAD: &str = "# Operators

Every operator that the library knows: its names, its arrays, its parameters in order, and what it computes. This
page is generated from the registry (`BLESS=1 cargo test --test operators`).

Parameters are texts, as frontends send them: numbers, `True`/`False`, shapes such as `(2, 3)`, names of types,
`None`. *Required* ones have no default. Results have the storage type that MXNet gives them; operators without
a kernel for sparse arrays work on dense copies.

";

fn arrays(operator: &Operator) -> String {
    match operator.inputs {
        Inputs::Fixed([]) => "none".to_owned(),
        Inputs::Fixed(names) => names.join(", "),
        Inputs::Optional { names, .. } => {
            format!("{} (the last ones as the parameters ask)", names.join(", "))
        }
        Inputs::Variadic { name, .. } => format!("{name}, any number"),
    }
}

fn section(operator: &Operator) -> String {
    let mut text = format!("## {}\n\n", operator.name);
    let doc = operator.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    writeln!(text, "{doc}\n").unwrap();
    if !operator.aliases.is_empty() {
        let aliases: Vec<String> = operator.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        writeln!(text, "- also: {}", aliases.join(", ")).unwrap();
    }
    writeln!(text, "- arrays: {}", arrays(operator)).unwrap();
    for param in operator.params {
        writeln!(text, "- `{}`: {}. {}", param.name, param.type_info().replace('|', "\\|"), param.doc)
            .unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn the_page_is_what_the_registry_says() {
    let mut operators: Vec<&Operator> =
        (0..registry().len()).filter_map(|number| registry().by_number(number)).collect();
    operators.sort_by_key(|operator| operator.name);
    let (refused, known): (Vec<_>, Vec<_>) = operators.into_iter().partition(|operator| operator.refused);
    let mut page = HEAD.to_owned();
    known.into_iter().for_each(|operator| page.push_str(&section(operator)));
    page.push_str(
        "## Listed and refused\n\nFrontends look for these when they start; calling one is an error.\n\n",
    );
    for operator in refused {
        writeln!(page, "- `{}`", operator.name).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operators.md");
    if mxkv::base::config::Env::process().switch("BLESS") {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/operators.md differs from the registry; run with BLESS=1");
}

#[test]
fn every_operator_says_what_it_does() {
    for number in 0..registry().len() {
        let operator = registry().by_number(number).unwrap();
        assert!(!operator.doc.is_empty(), "{} has no documentation", operator.name);
    }
}
