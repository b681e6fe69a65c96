//! Tests of the EC2 collector.
