//! The numbers in the text format of Prometheus.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::{Family, FamilyKind, Sample, SampleValue, Stats};

impl Stats {
    /// The numbers in the text format of Prometheus (OpenMetrics 1.0), each name after `smsc_sim_`.
    pub fn to_prometheus(&self) -> String {
        let mut registry = Registry::with_prefix("smsc_sim");
        registry.register_collector(Box::new(self.clone()));
        let mut text = String::new();
        // A String takes everything.
        let _ = encode(&mut text, &registry);
        text
    }
}

impl Collector for Stats {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Family { name, help, kind, samples } in &self.families {
            if samples.is_empty() {
                continue;
            }
            let metric_type = match kind {
                FamilyKind::Counter => MetricType::Counter,
                FamilyKind::Gauge => MetricType::Gauge,
                FamilyKind::Histogram => MetricType::Histogram,
            };
            // The format puts `_total` after the names of counters by itself.
            let name = name.strip_suffix("_total").unwrap_or(name);
            let mut family = encoder.encode_descriptor(name, help, None, metric_type)?;
            for sample in samples {
                encode_sample(family.encode_family(&sample.labels)?, *kind, sample)?;
            }
        }
        Ok(())
    }
}

fn encode_sample(mut encoder: MetricEncoder<'_>, kind: FamilyKind, sample: &Sample) -> fmt::Result {
    match &sample.value {
        SampleValue::Number(number) if kind == FamilyKind::Counter => {
            encoder.encode_counter::<NoLabels, _, u64>(number, None)
        }
        SampleValue::Number(number) => encoder.encode_gauge(number),
        SampleValue::Histogram { count, seconds, buckets } => {
            // The last bucket is without limit.
            let rest = count.saturating_sub(buckets.iter().map(|(_, number)| number).sum());
            let buckets: Vec<_> = buckets.iter().copied().chain([(f64::INFINITY, rest)]).collect();
            encoder.encode_histogram::<NoLabels>(*seconds, *count, &buckets, None)
        }
    }
}

/// No example is ever given.
type NoLabels = [(&'static str, &'static str); 0];

const _: fn() = || {
    fn is_a_label_set<T: EncodeLabelSet>() {}
    is_a_label_set::<NoLabels>();
};

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use smpp::codec::CommandId;

    use super::*;
    use crate::account::Account;
    use crate::stats::{Counters, Label};

    #[test]
    fn numbers_are_written_as_prometheus_reads_them() {
        let accounts = [Account::new("alice", "secret")];
        let counters = Counters::new(&accounts);
        counters.accepted("alice", 1);
        counters.accepted("mallory", 1);
        counters.count("sessions", [counters.account("alice"), Label::Name("receiver"), Label::Name("false")]);
        counters.less("sessions", [counters.account("alice"), Label::Name("receiver"), Label::Name("false")]);
        for milliseconds in [1, 2, 60_000] {
            counters.answered(false, CommandId(4), Duration::from_millis(milliseconds));
        }
        let text = Stats { families: counters.families() }.to_prometheus();
        for line in [
            "# TYPE smsc_sim_messages_accepted counter",
            r#"smsc_sim_messages_accepted_total{system_id="alice"} 1"#,
            r#"smsc_sim_messages_accepted_total{system_id="other"} 1"#,
            r#"smsc_sim_sessions{system_id="alice",bind_type="receiver",tls="false"} 0"#,
            r#"smsc_sim_response_delay_seconds_sum{command="submit_sm"} 60.003"#,
            r#"smsc_sim_response_delay_seconds_bucket{le="0.001",command="submit_sm"} 1"#,
            r#"smsc_sim_response_delay_seconds_bucket{le="30.0",command="submit_sm"} 2"#,
            r#"smsc_sim_response_delay_seconds_bucket{le="+Inf",command="submit_sm"} 3"#,
            r#"smsc_sim_response_delay_seconds_count{command="submit_sm"} 3"#,
            "# EOF",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        assert!(!text.contains("mallory") && !text.contains("secret"));
    }
}
