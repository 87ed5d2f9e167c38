//! Reads the functions that a generated header declares.

#[derive(Debug, PartialEq)]
pub struct Argument {
    /// As C writes it, with one blank between words and none before a star: `const char**`.
    pub kind: String,
    pub name: String,
}

#[derive(Debug, PartialEq)]
pub struct Function {
    pub result: String,
    pub name: String,
    pub arguments: Vec<Argument>,
}

/// cbindgen writes each function in one form: `PREFIX result name(type name, …);`, perhaps over several lines.
pub fn parse(header: &str) -> Vec<Function> {
    let starts = ["\nMXNET_DLL", "\nNNVM_DLL"];
    starts.iter().flat_map(|start| header.split(start).skip(1)).filter_map(declaration).collect()
}

fn declaration(text: &str) -> Option<Function> {
    let text = text.split_once(");")?.0;
    let (head, list) = text.split_once('(')?;
    let head = named(head)?;
    let list = list.split(',').map(without_default).filter(|argument| *argument != "void");
    Some(Function { result: head.kind, name: head.name, arguments: list.filter_map(named).collect() })
}

fn without_default(argument: &str) -> &str {
    argument.split(" MXNET_DEFAULT").next().unwrap_or(argument).trim()
}

/// `const char **keys` as type and name.
fn named(text: &str) -> Option<Argument> {
    let text = text.trim();
    let at = text.rfind(|c: char| !c.is_alphanumeric() && c != '_')? + 1;
    let kind = text[..at].split_whitespace().collect::<Vec<_>>().join(" ").replace(" *", "*");
    Some(Argument { kind, name: text[at..].to_owned() })
}

#[test]
fn declarations_are_read() {
    let found = parse(
        "\nMXNET_DLL int MXNDArrayWaitAll(void);\n\nMXNET_DLL\nconst char *MXFoo(const char *const *keys,\n   \
         bool wait MXNET_DEFAULT(false));\n",
    );
    let argument = |kind: &str, name: &str| Argument { kind: kind.into(), name: name.into() };
    assert_eq!(found[0].arguments, []);
    assert_eq!((found[1].result.as_str(), found[1].name.as_str()), ("const char*", "MXFoo"));
    assert_eq!(found[1].arguments, [argument("const char*const*", "keys"), argument("bool", "wait")]);
}
