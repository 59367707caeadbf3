//! Time and throughput of the codec beside the floor and beside copying the octets. See `benches/README.md`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use smpp_benches::cases::{Bench, CASES};

criterion_group!(benches, codec);
criterion_main!(benches);

fn codec(criterion: &mut Criterion) {
    let mut bench = Bench::new();
    for case in CASES {
        let mut group = criterion.benchmark_group(case.name);
        group.throughput(Throughput::Bytes((case.octets)(&bench) as u64));
        group.bench_function("floor", |bencher| bencher.iter(|| (case.floor)(black_box(&mut bench))));
        if let Some(ours) = case.ours {
            group.bench_function("ours", |bencher| bencher.iter(|| ours(black_box(&mut bench))));
        }
        group.finish();
    }
}
