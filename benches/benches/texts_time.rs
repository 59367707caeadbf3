//! Time and throughput of texts beside other crates and the floor. See `benches/README.md`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use smpp_benches::texts::{CASES, Side, Text};

criterion_group!(benches, texts);
criterion_main!(benches);

fn texts(criterion: &mut Criterion) {
    for case in CASES {
        let text = Text::of(case.text);
        let mut group = criterion.benchmark_group(case.name);
        group.throughput(Throughput::Elements(text.letters()));
        for side in Side::ALL {
            if let Some(work) = case.work(side) {
                group.bench_function(side.name(), |bencher| bencher.iter(|| work(black_box(&text))));
            }
        }
        group.finish();
    }
}
