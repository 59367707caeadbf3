//! Structures, what the elements of lists consist of.

use super::fields::Description;
use super::{Item, Resolver, Section, meta};
use crate::diagnostic::Report;
use crate::locate::{Entry, Node};
use crate::model::{Field, FieldType, Structure, Variant};
use crate::names::type_name;

impl<'a> Resolver<'a> {
    pub(super) fn structures(&mut self) {
        for item in self.items(Section::Structures) {
            let node = item.node;
            let (fields, choose_by, variants) = (node.has("fields"), node.has("choose_by"), node.has("variants"));
            if fields == (choose_by || variants) || choose_by != variants {
                let message = format!("`{}` needs either `fields`, or `choose_by` and `variants`", item.name);
                self.report(Report::new(item.place, message));
                continue;
            }
            let structure = if fields { self.plain_structure(item) } else { self.choice(item) };
            self.spec.structures.extend(structure);
        }
        self.check_recursion();
        // Without its elements a list is nothing, and so is what it is a part of.
        loop {
            let names: Vec<String> = self.spec.structures.iter().map(|found| found.meta.name.clone()).collect();
            let sound = |variant: &Variant| lists(&variant.fields).all(|of| names.iter().any(|name| name == of));
            self.spec.structures.retain(|structure| structure.variants.iter().all(sound));
            if self.spec.structures.len() == names.len() {
                return;
            }
        }
    }

    fn plain_structure(&mut self, item: Item<'a>) -> Option<Structure> {
        let fields = self.field_list(item.node.get("fields")?, item.origin)?;
        if fields.iter().all(|field| least_octets(field) == 0) {
            // A count of 4 octets would have a receiver read 4,294,967,295 elements out of none.
            let message =
                format!("the structure `{}` may have 0 octets, so its elements cannot be told apart", item.name);
            self.report(Report::new(item.place, message).help("give it a field that takes at least 1 octet"));
            return None;
        }
        let variant = Variant { meta: self.meta(item), value: 0, fields };
        Some(Structure { meta: self.meta(item), discriminant: None, variants: vec![variant] })
    }

    fn choice(&mut self, item: Item<'a>) -> Option<Structure> {
        let discriminant = item.node.get("choose_by").and_then(|node| self.discriminant(node));
        let mut variants = Vec::new();
        let mut sound = true;
        let mut seen: Vec<(u64, &'a Entry)> = Vec::new();
        let entries = item.node.get("variants").map_or(&[] as &[Entry], Node::entries);
        for entry in entries {
            sound &= !entry.value.bad;
            let value = entry.value.get("value");
            if let Some((value, number)) = value.and_then(|node| Some((node, node.integer()?))) {
                if let Some((_, first)) = seen.iter().find(|(other, _)| *other == number) {
                    let message = format!("`{}` has the same value as `{}`", entry.key, first.key);
                    self.report(Report::new(value.place, message).help_at(format!("`{}` is", first.key), first.place));
                    sound = false;
                }
                seen.push((number, entry));
            }
            let same_type = |other: &&'a Entry| type_name(&other.key) == type_name(&entry.key);
            if let Some(first) = entries.iter().take_while(|other| other.place != entry.place).find(same_type) {
                let message = format!("`{}` would become the same Rust variant as `{}`", entry.key, first.key);
                self.report(Report::new(entry.place, message).help_at(format!("`{}` is", first.key), first.place));
                sound = false;
            }
            let fields = entry.value.get("fields").and_then(|node| self.field_list(node, item.origin));
            match (value.and_then(Node::integer), fields) {
                (Some(value), Some(fields)) => {
                    let meta = meta(&entry.key, &entry.value, item.origin);
                    if let Some(field) = discriminant.as_ref()
                        && fields.iter().any(|other| other.meta.name == field.meta.name)
                    {
                        let message = format!("`{}` is the `choose_by` parameter already", field.meta.name);
                        self.report(Report::new(entry.place, message));
                        sound = false;
                    }
                    variants.push(Variant { meta, value, fields });
                }
                _ => sound = false,
            }
        }
        if entries.is_empty() {
            self.report(Report::new(item.place, format!("`{}` has no variants", item.name)));
            return None;
        }
        let discriminant = discriminant?;
        sound.then(|| Structure { meta: self.meta(item), discriminant: Some(discriminant), variants })
    }

    fn discriminant(&mut self, node: &'a Node) -> Option<Field> {
        let name = self.refer(Section::Parameters, node)?;
        let parameter = self.find(Section::Parameters, name)?;
        let description = Description {
            own: None,
            parameter: Some(parameter),
            place: parameter.place,
            here: node.place,
            origin: parameter.origin,
        };
        let field = self.field(name, description)?;
        if matches!(field.ty, FieldType::Integer { size: 1, .. }) {
            return Some(field);
        }
        self.report(Report::new(
            node.place,
            format!("`{name}` is no integer of 1 octet, so it cannot tell variants apart"),
        ));
        None
    }

    /// A structure that contains itself has no end.
    fn check_recursion(&mut self) {
        let structures = self.spec.structures.clone();
        let inside_of = |name: &str| -> Vec<&str> {
            let found = structures.iter().find(|structure| structure.meta.name == name);
            found
                .into_iter()
                .flat_map(|structure| &structure.variants)
                .flat_map(|variant| lists(&variant.fields))
                .collect()
        };
        for structure in &structures {
            let mut inside = inside_of(&structure.meta.name);
            let mut next = 0;
            while next < inside.len() {
                for name in inside_of(inside[next]) {
                    if !inside.contains(&name) {
                        inside.push(name);
                    }
                }
                next += 1;
            }
            if inside.contains(&structure.meta.name.as_str()) {
                let name = &structure.meta.name;
                if let Some(item) = self.find(Section::Structures, name) {
                    self.report(Report::new(item.place, format!("the structure `{name}` contains itself")));
                }
                self.spec.structures.retain(|other| other.meta.name != *name);
            }
        }
    }
}

/// The structures that the lists among the fields are made of.
pub(super) fn lists(fields: &[Field]) -> impl Iterator<Item = &str> {
    fields.iter().filter_map(|field| match &field.ty {
        FieldType::List { of, .. } => Some(of.as_str()),
        _ => None,
    })
}

/// The octets that a field takes at least; the count of what is counted is a field of its own.
fn least_octets(field: &Field) -> u32 {
    match &field.ty {
        FieldType::Integer { size, .. } | FieldType::Count { size, .. } => (*size).into(),
        FieldType::COctetString { min, .. } => *min,
        FieldType::OctetString { .. } | FieldType::List { .. } => 0,
    }
}
