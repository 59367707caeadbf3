//! Counts and what they count.

use super::fields::Listed;
use super::{Resolver, limit, octets};
use crate::diagnostic::{Report, did_you_mean};
use crate::model::{Field, FieldType};

impl<'a> Resolver<'a> {
    /// Checks that counts and what they count belong together.
    pub(super) fn check_counts(&mut self, fields: &[Listed<'a>]) -> bool {
        let before = self.reports.len();
        for (index, listed) in fields.iter().enumerate() {
            let own = self.reports.len();
            match listed.field.as_ref().map(|field| &field.ty) {
                Some(FieldType::Count { size, of }) => self.check_count(fields, index, *size, of),
                Some(FieldType::OctetString { counted_by, .. } | FieldType::List { counted_by, .. }) => {
                    self.check_counted(fields, index, counted_by);
                }
                _ => {}
            }
            self.keep_here(own, listed.description);
        }
        self.reports.len() == before
    }

    fn check_count(&mut self, fields: &[Listed<'a>], index: usize, size: u8, of: &str) {
        let count = &fields[index];
        let place = count.description.place_of("of");
        let Some(position) = fields.iter().position(|other| other.name == of) else {
            let help = did_you_mean(of, fields.iter().map(|field| field.name));
            let message = format!("`{}` counts `{of}`, which is no field here", count.name);
            return self.report(Report::new(place, message).maybe_help(help));
        };
        let Some(counted) = &fields[position].field else { return };
        let (FieldType::OctetString { counted_by, max, .. } | FieldType::List { counted_by, max, .. }) = &counted.ty
        else {
            let message = format!("`{}` counts `{of}`, which is neither an octet_string nor a list", count.name);
            return self.report(Report::new(place, message));
        };
        if counted_by != count.name {
            let message = format!("`{}` counts `{of}`, but `{of}` is counted by `{counted_by}`", count.name);
            self.report(Report::new(place, message));
        } else if position < index {
            let message = format!("`{}` comes after `{of}`, which it counts", count.name);
            self.report(Report::new(count.place, message).help("a count stands before what it counts"));
        } else if u64::from(*max) > limit(size) {
            let message = format!(
                "`{of}` may have up to {max}, more than its count `{}` of {} can say",
                count.name,
                octets(size.into())
            );
            self.report(Report::new(fields[position].description.place_of("max"), message));
        }
    }

    fn check_counted(&mut self, fields: &[Listed<'a>], index: usize, counted_by: &str) {
        let counted = &fields[index];
        let place = counted.description.place_of("counted_by");
        let Some(count) = fields.iter().find(|other| other.name == counted_by) else {
            let help = did_you_mean(counted_by, fields.iter().map(|field| field.name));
            let message = format!("`{}` is counted by `{counted_by}`, which is no field here", counted.name);
            return self.report(Report::new(place, message).maybe_help(help));
        };
        match count.field.as_ref().map(|field| &field.ty) {
            // A count of something else is reported from its own side, unless that fits.
            Some(FieldType::Count { of, .. }) if of != counted.name => {
                let mutual = fields.iter().any(|other| {
                    other.name == of
                        && matches!(&other.field, Some(Field { ty: FieldType::OctetString { counted_by: by, .. }
                            | FieldType::List { counted_by: by, .. }, .. }) if by == counted_by)
                });
                if mutual {
                    let message = format!("`{}` is counted by `{counted_by}`, which counts `{of}`", counted.name);
                    self.report(Report::new(place, message));
                }
            }
            Some(FieldType::Count { .. }) | None => {}
            Some(_) => {
                let message = format!("`{}` is counted by `{counted_by}`, which is no count", counted.name);
                self.report(Report::new(place, message).help(format!("give `{counted_by}` the type `count`")));
            }
        }
    }
}
