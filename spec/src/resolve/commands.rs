//! Commands.

use super::structures::lists;
use super::{Item, Resolver, Section, taken};
use crate::diagnostic::Report;
use crate::locate::Node;
use crate::model::{BodyOnError, Command, Kind, Origin, State};

impl<'a> Resolver<'a> {
    pub(super) fn commands(&mut self) {
        let items = self.items(Section::Commands);
        let mut commands: Vec<Command> = Vec::new();
        for &item in &items {
            let sound = self.check_id(item, &items) & self.check_response(item);
            commands.extend(self.command(item).filter(|_| sound));
        }
        for &item in &items {
            let kind = item.node.get("kind").and_then(Node::text);
            let answers = |other: &&Item<'_>| other.node.get("response").and_then(Node::text) == Some(item.name);
            if kind != Some("response") {
                continue;
            }
            match items.iter().find(answers) {
                Some(request) => {
                    if let Some(command) = commands.iter_mut().find(|command| command.meta.name == item.name) {
                        command.response_of = Some(request.name.to_owned());
                    }
                }
                None => self.report(
                    Report::new(item.place, format!("the response `{}` answers no request", item.name))
                        .help(format!("the request says `response: {}`", item.name)),
                ),
            }
        }
        let structures = &self.spec.structures;
        commands.retain(|command| {
            lists(&command.fields).all(|of| structures.iter().any(|structure| structure.meta.name == of))
        });
        // A request without its response is of no use, nor the other way round.
        let names: Vec<String> = commands.iter().map(|command| command.meta.name.clone()).collect();
        commands.retain(|command| match command.kind {
            Kind::Request => command.response.as_ref().is_some_and(|name| names.contains(name)),
            Kind::Response => command.response_of.as_ref().is_some_and(|name| names.contains(name)),
            Kind::OneWay | Kind::Nack => true,
        });
        self.spec.commands = commands;
    }

    fn command(&mut self, item: Item<'a>) -> Option<Command> {
        let before = self.reports.len();
        let node = item.node;
        let fields = node.get("fields").and_then(|fields| self.field_list(fields, item.origin));
        let states = |key: &str| -> Vec<State> {
            let words = node.get(key).map_or(&[] as &[Node], Node::elements);
            let mut states: Vec<_> = words.iter().filter_map(Node::text).map(state).collect();
            states.dedup();
            states
        };
        let (esme, smsc) = (states("esme_may_issue_in"), states("smsc_may_issue_in"));
        let bad = node.is_bad("esme_may_issue_in") || node.is_bad("smsc_may_issue_in");
        if esme.is_empty() && smsc.is_empty() && !bad {
            let message = format!("nobody may issue `{}`", item.name);
            self.report(
                Report::new(item.place, message).help("say `esme_may_issue_in` or `smsc_may_issue_in`, or both"),
            );
        }
        let mut accepted = states("accepted_in");
        if !node.has("accepted_in") {
            accepted.extend(esme.iter().chain(&smsc));
            accepted.sort_unstable();
            accepted.dedup();
        }
        let kind = kind(node.get("kind")?)?;
        let fields = fields?;
        let body_on_error = match (node.get("body_on_error"), kind) {
            (None, Kind::Request | Kind::OneWay) => BodyOnError::NotApplicable,
            (Some(node), Kind::Request | Kind::OneWay) => {
                self.report(Report::new(node.place, "only a response has a `body_on_error`"));
                return None;
            }
            (None, _) if fields.is_empty() => BodyOnError::HeaderOnly,
            (None, _) => BodyOnError::Unspecified,
            (Some(node), _) => match node.text()? {
                "header_only" if !fields.is_empty() => {
                    let message = format!("`{}` has fields, so it is not `header_only`", item.name);
                    self.report(Report::new(node.place, message).help("`omitted` leaves them out on error"));
                    return None;
                }
                "header_only" => BodyOnError::HeaderOnly,
                "omitted" => BodyOnError::Omitted,
                _ => BodyOnError::Unspecified,
            },
        };
        if self.reports.len() > before {
            return None;
        }
        Some(Command {
            meta: self.meta(item),
            id: u32::try_from(node.get("id")?.integer()?).ok()?,
            kind,
            response: node.get("response").and_then(Node::text).map(str::to_owned),
            response_of: None,
            esme_may_issue_in: esme,
            smsc_may_issue_in: smsc,
            accepted_in: accepted,
            body_on_error,
            since: node.get("since").and_then(Node::text).unwrap_or_default().to_owned(),
            fields,
        })
    }

    fn check_id(&mut self, item: Item<'a>, items: &[Item<'a>]) -> bool {
        let Some((node, id)) = item.node.get("id").and_then(|node| Some((node, node.integer()?))) else { return false };
        let first = items.iter().find(|other| other.node.get("id").and_then(Node::integer) == Some(id));
        if let Some(&first) = first.filter(|first| first.place != item.place) {
            let message = format!("the command_id 0x{id:08X} is that of `{}` already", first.name);
            self.report(taken(Report::new(node.place, message), first));
            return false;
        }
        let response = id & RESPONSE != 0;
        match item.node.get("kind").and_then(kind) {
            Some(Kind::Request | Kind::OneWay) if response => {
                let message = format!("0x{id:08X} is the id of a response: its bit 31 is set");
                self.report(Report::new(node.place, message).help(format!("did you mean 0x{:08X}?", id & !RESPONSE)));
                return false;
            }
            Some(Kind::Response | Kind::Nack) if !response => {
                let message = format!("0x{id:08X} is the id of a request: its bit 31 is not set");
                self.report(Report::new(node.place, message).help(format!("did you mean 0x{:08X}?", id | RESPONSE)));
                return false;
            }
            Some(Kind::Nack) if item.origin == Origin::Vendor => {
                let message = format!("`{}` cannot be a nack: there is only generic_nack", item.name);
                let place = item.node.get("kind").map_or(item.place, |node| node.place);
                self.report(Report::new(place, message));
                return false;
            }
            _ => {}
        }
        let range = self.vendor_range("command_id_range", if response { "vendor_resp" } else { "vendor" });
        self.check_vendor_range(item, node, range, 8);
        true
    }

    fn check_response(&mut self, item: Item<'a>) -> bool {
        let is_request = item.node.get("kind").and_then(kind) == Some(Kind::Request);
        let Some(node) = item.node.get("response") else {
            if is_request && !item.node.is_bad("response") {
                let message = format!("the request `{}` lacks the key `response`", item.name);
                self.report(Report::new(item.place, message).help("if nothing answers it, its kind is `one_way`"));
            }
            return !is_request;
        };
        if !is_request {
            if item.node.get("kind").is_some() {
                self.report(Report::new(node.place, format!("`{}` is no request, so nothing answers it", item.name)));
            }
            return false;
        }
        let Some(name) = self.refer(Section::Commands, node) else { return false };
        let Some(response) = self.find(Section::Commands, name) else { return false };
        if response.node.get("kind").and_then(kind).is_some_and(|kind| kind != Kind::Response) {
            self.report(Report::new(node.place, format!("`{name}` is no response")));
            return false;
        }
        let id = |item: Item<'_>| item.node.get("id").and_then(Node::integer);
        let (Some(request_id), Some(response_id)) = (id(item), id(response)) else { return false };
        // An id on the wrong side of bit 31 is reported by itself.
        let sound = request_id & RESPONSE == 0 && response_id & RESPONSE != 0;
        if sound && request_id | RESPONSE != response_id {
            let message = format!("the response `{name}` has the id 0x{response_id:08X}");
            let place = response.node.get("id").filter(|_| response.origin == Origin::Vendor).unwrap_or(node).place;
            let help = format!("that of `{}` makes it 0x{:08X}", item.name, request_id | RESPONSE);
            self.report(Report::new(place, message).help(help));
            return false;
        }
        true
    }
}

/// Bit 31 of a command_id.
const RESPONSE: u64 = 0x8000_0000;

fn kind(node: &Node) -> Option<Kind> {
    Some(match node.text()? {
        "request" => Kind::Request,
        "response" => Kind::Response,
        "one_way" => Kind::OneWay,
        _ => Kind::Nack,
    })
}

fn state(word: &str) -> State {
    match word {
        "OPEN" => State::Open,
        "BOUND_TX" => State::BoundTx,
        "BOUND_RX" => State::BoundRx,
        _ => State::BoundTrx,
    }
}
