//! The part of the model that rules are made of.

#[path = "../src/model/attr.rs"]
pub mod attr;
#[path = "../src/model/gap.rs"]
pub mod gap;
#[path = "../src/model/iam_policy.rs"]
pub mod iam_policy;
#[path = "../src/model/nearest.rs"]
pub mod nearest;
#[path = "../src/model/partial_text.rs"]
pub mod partial_text;
#[path = "../src/model/resource/mod.rs"]
pub mod resource;
