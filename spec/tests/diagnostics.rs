//! Broken files and what is said about them; good files, about which nothing is.

use std::path::{Path, PathBuf};

use smpp_spec::{
    Accept, BodyOnError, Field, FieldType, Kind, Origin, Spec, State, TlvType, Values, load_file, load_str,
};

/// Every `broken/*.yaml` has the exact diagnostics beside it; `UPDATE=1 cargo test -p smpp-spec` rewrites them.
#[test]
fn broken_files_are_reported_exactly() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir("broken")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(files.len() >= 20);
    let mut stale = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let loaded = load_str(&format!("spec/{name}"), &text);
        assert!(!loaded.diagnostics.is_empty(), "{name} is not broken");
        let shown: Vec<String> = loaded.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
        let shown = shown.join("\n");
        let expected = path.with_extension("stderr");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &shown).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != shown {
            stale.push(format!("{name}:\n{shown}"));
        }
    }
    assert!(stale.is_empty(), "changed, see `UPDATE=1 cargo test -p smpp-spec` and git diff:\n{}", stale.join("\n"));
}

fn dir(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

#[test]
fn the_good_file_is_good() {
    let loaded = load_file(dir("good").join("acme.yaml"));
    let shown: Vec<String> = loaded.diagnostics.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n\n"));
    let spec = loaded.spec;
    assert_eq!(spec.name, "acme");
    assert_eq!(spec.doc, "Additions of the ACME message centre.");
    assert_eq!(loaded.files, [dir("good").join("acme.yaml")]);

    // The standard is in it, untouched but for the values that were added.
    let ours = |origin| origin == Origin::Vendor;
    assert_eq!(spec.commands.iter().filter(|command| !ours(command.meta.origin)).count(), 27);
    assert_eq!(spec.commands.iter().filter(|command| ours(command.meta.origin)).count(), 5);
    assert_eq!(spec.tlvs.iter().filter(|tlv| ours(tlv.meta.origin)).count(), 9);
    for name in ["data_coding", "command_status", "npi"] {
        let found = spec.enums.iter().find(|found| found.meta.name == name).unwrap();
        assert_eq!(found.meta.origin, Origin::Standard);
        assert!(found.values.iter().any(|value| ours(value.meta.origin)), "{name}");
        assert!(found.values.iter().any(|value| !ours(value.meta.origin)), "{name}");
    }

    let fetch = spec.commands.iter().find(|command| command.meta.name == "acme_fetch").unwrap();
    assert_eq!((fetch.id, fetch.kind, fetch.since.as_str()), (0x0001_0200, Kind::Request, "1.2"));
    assert_eq!(fetch.response.as_deref(), Some("acme_fetch_resp"));
    assert_eq!(fetch.accepted_in, [State::BoundRx, State::BoundTrx]);
    assert_eq!(fetch.body_on_error, BodyOnError::NotApplicable);
    let names: Vec<_> = fetch.fields.iter().map(|field| field.meta.name.as_str()).collect();
    assert_eq!(names, ["acme_cursor", "system_type", "acme_wish", "acme_tariff"]);
    assert_eq!(fetch.fields[0].invalid.as_deref(), Some("ACME_RNOCREDIT"));
    let FieldType::COctetString { min, max, .. } = fetch.fields[1].ty else { panic!() };
    assert_eq!((min, max), (1, 33), "an override of the standard's 13");
    let values = Some(Values::BitField("acme_options".into()));
    assert_eq!(fetch.fields[2].ty, FieldType::Integer { size: 1, values, default: 0x83 });
    let plan = FieldType::COctetString {
        min: 1,
        max: 9,
        lengths: vec![],
        accept: Some(Accept::Max(20)),
        values: Some("acme_plan".into()),
    };
    assert_eq!(fetch.fields[3].ty, plan);

    let response = spec.commands.iter().find(|command| command.meta.name == "acme_fetch_resp").unwrap();
    assert_eq!(response.response_of.as_deref(), Some("acme_fetch"));
    assert_eq!(response.body_on_error, BodyOnError::Omitted);
    assert_eq!(response.fields[1].ty, FieldType::Count { size: 2, of: "acme_items".into() });
    assert_eq!(response.fields[2].wire_name, "item(s)");
    let noop = spec.commands.iter().find(|command| command.meta.name == "acme_noop_resp").unwrap();
    assert_eq!(noop.body_on_error, BodyOnError::HeaderOnly);

    let item = spec.structures.iter().find(|structure| structure.meta.name == "acme_item").unwrap();
    assert_eq!(item.discriminant.as_ref().unwrap().meta.name, "acme_kind");
    assert_eq!(item.variants.iter().map(|variant| variant.value).collect::<Vec<_>>(), [1, 2]);
    let pair = spec.structures.iter().find(|structure| structure.meta.name == "acme_pair").unwrap();
    assert!(pair.discriminant.is_none());
    let FieldType::COctetString { lengths, accept, .. } = &pair.variants[0].fields[0].ty else { panic!() };
    assert_eq!((lengths.as_slice(), accept), (&[1, 9][..], &Some(Accept::Lengths(vec![1, 5, 9]))));

    let tlv = |name: &str| spec.tlvs.iter().find(|tlv| tlv.meta.name == name).unwrap();
    assert_eq!((tlv("acme_flag").ty.clone(), tlv("acme_flag").max), (TlvType::Empty, 0));
    assert_eq!(tlv("acme_flag").allowed_in, None);
    assert_eq!(tlv("acme_octet").range, Some(1..=99));
    let colour = Some(Values::Enum("acme_colour".into()));
    assert_eq!(tlv("acme_short").ty, TlvType::Integer { size: 2, values: colour });
    assert_eq!(tlv("acme_short").allowed_in.as_deref(), Some(&["submit_sm".to_owned(), "acme_fetch".to_owned()][..]));
    assert!(tlv("acme_long").repeatable);
    assert_eq!((tlv("acme_campaign").min, tlv("acme_campaign").max), (1, 65));
    assert_eq!(tlv("acme_campaign").aliases, ["campaignId"]);
    assert_eq!(tlv("acme_campaign").accept_lengths, [66]);
    assert_eq!(tlv("acme_blob").first_octet.as_deref(), Some("acme_reason"));
    assert_eq!(tlv("acme_late").tag, 0x8081);

    let blocks = spec.bit_fields.iter().find(|field| field.meta.name == "acme_blocks").unwrap();
    assert_eq!(blocks.parts[1].in_blocks, ["lower"]);
    let colour = spec.enums.iter().find(|found| found.meta.name == "acme_colour").unwrap();
    assert_eq!(colour.values[3].ranges, [0..=0, 3..=0xFFF, 0x2000..=0xFFFF]);
    assert!(colour.values[3].reserved);
}

/// What is returned beside mistakes never refers to what is not.
#[test]
fn what_resolves_is_whole() {
    for entry in std::fs::read_dir(dir("broken")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            check_whole(&load_file(&path).spec, &path.display().to_string());
        }
    }
    check_whole(&load_file(dir("good").join("acme.yaml")).spec, "acme.yaml");
}

#[test]
fn a_missing_file_is_a_diagnostic() {
    let loaded = load_file("no/such/file.yaml");
    let shown = loaded.diagnostics[0].to_string();
    assert!(shown.starts_with("error: cannot read the specification: "), "{shown}");
    assert!(shown.ends_with("\n --> no/such/file.yaml"), "{shown}");
    assert_eq!(loaded.spec.commands.len(), 27);
}

#[test]
fn the_file_gives_the_name_when_the_text_does_not() {
    assert_eq!(load_str("some/where/acme_v2.yaml", "extends: smpp34\n").spec.name, "acme_v2");
}

#[test]
fn anchors_and_aliases_are_understood() {
    let text = "extends: smpp34
tlvs:
  acme_x: {tag: 0x1400, type: empty, allowed_in: &where [submit_sm, data_sm], doc: X.}
  acme_y: {tag: 0x1401, type: empty, allowed_in: *where, doc: Y.}
";
    let loaded = load_str("acme.yaml", text);
    assert_eq!(loaded.diagnostics, []);
    let allowed: Vec<_> = loaded.spec.tlvs.iter().rev().take(2).map(|tlv| tlv.allowed_in.clone().unwrap()).collect();
    assert_eq!(allowed[0], allowed[1]);
}

/// Whatever a text looks like, loading it ends, and every diagnostic can be shown and has its place in the text.
#[test]
fn mutated_files_never_panic() {
    let good = std::fs::read_to_string(dir("good").join("acme.yaml")).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let mut random = Random(0x5EED);
    for _ in 0..300 {
        // A window, so that a round is quick and mistakes come in many places.
        let start = random.below(lines.len());
        let end = (start + 1 + random.below(40)).min(lines.len());
        let mut text: Vec<char> = lines[start..end].join("\n").chars().collect();
        for _ in 0..random.below(6) {
            mutate(&mut text, &mut random);
        }
        let text: String = "extends: smpp34\n".chars().chain(text).collect();
        let loaded = load_str("acme.yaml", &text);
        for diagnostic in &loaded.diagnostics {
            assert!(!diagnostic.to_string().is_empty());
            assert!(diagnostic.line <= text.lines().count() + 1, "{diagnostic}");
            assert_eq!(diagnostic.path, "acme.yaml", "{diagnostic}");
        }
        check_whole(&loaded.spec, &text);
    }
}

fn mutate(text: &mut Vec<char>, random: &mut Random) {
    const TOKENS: &[&str] = &[
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"",
        "#",
        "\n",
        "\t",
        "&a ",
        "*a",
        "!t ",
        "~",
        "-1",
        "0xFFFFFFFFFFFFFFFF",
        "99999999999999999999",
        "1.5",
        "true",
        "null",
        "é",
        "|",
        ">",
        "%",
        "acme_x",
        "  ",
        "? ",
        "<<: ",
        "0-0",
    ];
    let at = random.below(text.len() + 1);
    match random.below(3) {
        0 if !text.is_empty() => {
            let to = (at + 1 + random.below(12)).min(text.len());
            text.drain(at.min(to)..to);
        }
        1 if at < text.len() => text[at] = char::from(b' ' + u8::try_from(random.below(95)).unwrap()),
        _ => {
            text.splice(at..at, TOKENS[random.below(TOKENS.len())].chars());
        }
    }
}

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

fn check_whole(spec: &Spec, what: &str) {
    let command = |name: &String| spec.commands.iter().any(|command| command.meta.name == *name);
    let names_values = |values: &Option<Values>| match values {
        Some(Values::Enum(name)) => spec.enums.iter().any(|found| found.meta.name == *name),
        Some(Values::BitField(name)) => spec.bit_fields.iter().any(|found| found.meta.name == *name),
        None => true,
    };
    let statuses = spec.enums.iter().find(|found| found.meta.name == "command_status").unwrap();
    let check_name = |name: &str| {
        let sound = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !["self", "type", "match", "tlvs"].contains(&name);
        assert!(sound, "`{name}` in {what}");
    };
    let check_fields = |fields: &[Field]| {
        for field in fields {
            check_name(&field.meta.name);
            let sound = match &field.ty {
                FieldType::Integer { values, .. } => names_values(values),
                FieldType::COctetString { values, .. } => names_values(&values.clone().map(Values::Enum)),
                FieldType::List { of, .. } => spec.structures.iter().any(|found| found.meta.name == *of),
                FieldType::Count { .. } | FieldType::OctetString { .. } => true,
            };
            assert!(sound, "{} in {what}", field.meta.name);
            let known = |status: &String| statuses.values.iter().any(|value| value.meta.name == *status);
            assert!(field.invalid.iter().all(known), "{} in {what}", field.meta.name);
        }
    };
    for found in &spec.commands {
        check_name(&found.meta.name);
        check_fields(&found.fields);
        assert!(found.response.iter().chain(&found.response_of).all(command), "{} in {what}", found.meta.name);
        assert_eq!(found.response.is_some(), found.kind == Kind::Request, "{} in {what}", found.meta.name);
        assert_eq!(found.response_of.is_some(), found.kind == Kind::Response, "{} in {what}", found.meta.name);
    }
    for found in spec.structures.iter().flat_map(|structure| &structure.variants) {
        check_name(&found.meta.name);
        check_fields(&found.fields);
    }
    for found in &spec.enums {
        check_name(&found.meta.name);
    }
    for found in spec.bit_fields.iter().flat_map(|field| &field.parts) {
        check_name(&found.meta.name);
    }
    for found in &spec.tlvs {
        check_name(&found.meta.name);
        assert!(found.allowed_in.iter().flatten().all(command), "{} in {what}", found.meta.name);
        let TlvType::Integer { values, .. } = &found.ty else { continue };
        assert!(names_values(values), "{} in {what}", found.meta.name);
    }
}
