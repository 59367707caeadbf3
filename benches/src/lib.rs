//! Benchmarks and floors.
