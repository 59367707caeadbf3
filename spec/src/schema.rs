//! The file format as a JSON Schema, for editors that complete and check YAML while it is typed.

use crate::table::{FILE, Naming, Shape, Table};

/// The JSON Schema (draft 2020-12) of specification files, as it also lies beside this crate in
/// `smpp-spec.schema.json`.
///
/// It is printed from the very table that files are checked against. It cannot see what only shows in the whole, such
/// as a number that is taken twice; [`load_file`](crate::load_file) does.
pub fn json_schema() -> String {
    let mut definitions = Vec::new();
    let mut tables = vec![&FILE];
    while let Some(table) = tables.pop() {
        if definitions.iter().any(|(id, _)| *id == table.id) {
            continue;
        }
        definitions.push((table.id, record(table)));
        tables.extend(table.keys().filter_map(|(key, _)| below(&key.shape)));
    }
    let (_, Json::Object(mut file)) = definitions.remove(0) else { unreachable!("tables print as objects") };
    definitions.sort_unstable_by_key(|(id, _)| *id);
    let mut root = vec![
        ("$schema".into(), text("https://json-schema.org/draft/2020-12/schema")),
        ("title".into(), text("SMPP specification")),
    ];
    root.append(&mut file);
    root.push((
        "$defs".into(),
        Json::Object(definitions.into_iter().map(|(id, json)| (id.to_owned(), json)).collect()),
    ));
    let mut out = String::new();
    Json::Object(root).print(0, &mut out);
    out.push('\n');
    out
}

fn record(table: &'static Table) -> Json {
    let properties = table.keys().map(|(key, _)| {
        let Json::Object(mut shape) = shape(&key.shape) else { unreachable!("shapes print as objects") };
        shape.insert(0, ("description".into(), text(key.doc)));
        (key.name.to_owned(), Json::Object(shape))
    });
    let mut members =
        vec![("type".to_owned(), text("object")), ("properties".into(), Json::Object(properties.collect()))];
    let required = table.keys().filter(|(_, required)| *required).map(|(key, _)| text(key.name));
    members.push(("required".into(), Json::List(required.collect())));
    members.push(("additionalProperties".into(), Json::False));
    Json::Object(members)
}

fn shape(shape: &Shape) -> Json {
    let one_of = |shapes| Json::Object(vec![("anyOf".into(), Json::List(shapes))]);
    match shape {
        Shape::Text | Shape::Name => typed("string", vec![]),
        Shape::NewName(_) => typed("string", vec![("pattern", text(SNAKE_CASE))]),
        Shape::Integer(max) => typed("integer", vec![("minimum", Json::Number(0)), ("maximum", Json::Number(*max))]),
        Shape::OneOf(numbers) => Json::Object(vec![(
            "enum".into(),
            Json::List(numbers.iter().map(|&number| Json::Number(number)).collect()),
        )]),
        Shape::Integers => {
            let integer = typed("integer", vec![("minimum", Json::Number(0))]);
            typed("array", vec![("items", integer), ("minItems", Json::Number(1))])
        }
        Shape::Flag => typed("boolean", vec![]),
        Shape::Range => range(),
        Shape::Ranges => {
            let single = || one_of(vec![typed("integer", vec![("minimum", Json::Number(0))]), range()]);
            one_of(vec![single(), typed("array", vec![("items", single()), ("minItems", Json::Number(1))])])
        }
        Shape::Word(words) => word(words),
        Shape::Words(words) => typed("array", vec![("items", word(words))]),
        Shape::Names => typed("array", vec![("items", typed("string", vec![]))]),
        Shape::WordOrNames(one) => {
            let names = typed("array", vec![("items", typed("string", vec![])), ("minItems", Json::Number(1))]);
            one_of(vec![word(&[*one]), names])
        }
        Shape::NamesOrRecords(table) => {
            typed("array", vec![("items", one_of(vec![typed("string", vec![]), reference(table)]))])
        }
        Shape::Map(naming, table) => named(*naming, reference(table)),
        Shape::Groups(naming, table) => {
            let group = named(*naming, reference(table));
            typed("object", vec![("additionalProperties", group)])
        }
    }
}

/// The table of the mappings inside a value.
fn below(shape: &Shape) -> Option<&'static Table> {
    match shape {
        Shape::NamesOrRecords(table) | Shape::Map(_, table) | Shape::Groups(_, table) => Some(table),
        _ => None,
    }
}

/// A mapping whose keys are new names.
fn named(naming: Naming, value: Json) -> Json {
    let pattern = match naming {
        Naming::Value => VALUE_NAME,
        _ => SNAKE_CASE,
    };
    let names = Json::Object(vec![("pattern".into(), text(pattern))]);
    typed("object", vec![("propertyNames", names), ("additionalProperties", value)])
}

fn typed(name: &str, more: Vec<(&str, Json)>) -> Json {
    let mut members = vec![("type".to_owned(), text(name))];
    members.extend(more.into_iter().map(|(key, json)| (key.to_owned(), json)));
    Json::Object(members)
}

fn word(words: &[&str]) -> Json {
    Json::Object(vec![("enum".into(), Json::List(words.iter().map(|word| text(word)).collect()))])
}

fn range() -> Json {
    typed("string", vec![("pattern", text("^(0[xX][0-9A-Fa-f]+|[0-9]+) *- *(0[xX][0-9A-Fa-f]+|[0-9]+)$"))])
}

fn reference(table: &Table) -> Json {
    Json::Object(vec![("$ref".into(), text(&format!("#/$defs/{}", table.id)))])
}

fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

/// As much of JSON as a schema needs, with the members of objects in order.
enum Json {
    False,
    Number(u64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    fn print(&self, indent: usize, out: &mut String) {
        match self {
            Self::False => out.push_str("false"),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Text(text) => quote(text, out),
            Self::List(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    element.print(indent, out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    out.push_str(if index == 0 { "\n" } else { ",\n" });
                    out.push_str(&"  ".repeat(indent + 1));
                    quote(key, out);
                    out.push_str(": ");
                    value.print(indent + 1, out);
                }
                out.push('\n');
                out.push_str(&"  ".repeat(indent));
                out.push('}');
            }
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

const SNAKE_CASE: &str = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$";
const VALUE_NAME: &str = "^([a-z][a-z0-9]*(_[a-z0-9]+)*|[A-Z][A-Z0-9]*(_[A-Z0-9]+)*)$";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_beside_the_crate_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/smpp-spec.schema.json");
        let schema = json_schema();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &schema).unwrap();
        }
        let on_disk = std::fs::read_to_string(path).unwrap_or_default();
        assert!(on_disk == schema, "smpp-spec.schema.json is stale: run `UPDATE=1 cargo test -p smpp-spec`");
    }

    #[test]
    fn it_is_json_with_all_references_resolved() {
        // YAML is a superset of JSON.
        let schema: serde_yaml::Value = serde_yaml::from_str(&json_schema()).unwrap();
        let definitions = schema["$defs"].as_mapping().unwrap();
        let mut references = 0;
        for part in json_schema().split("\"$ref\": \"#/$defs/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(definitions.contains_key(name), "{name}");
            references += 1;
        }
        assert!(references >= definitions.len());
        assert_eq!(schema["$defs"]["tlv"]["properties"]["tag"]["maximum"], 65535);
        assert_eq!(schema["$defs"]["field"]["required"], serde_yaml::from_str::<serde_yaml::Value>("[name]").unwrap());
    }
}
