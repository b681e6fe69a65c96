//! The part of the model that rules are made of.

#[path = "../src/model/attr.rs"]
pub mod attr;
#[path = "../src/model/check.rs"]
pub mod check;
#[path = "../src/model/control.rs"]
pub mod control;
#[path = "../src/model/criterion.rs"]
pub mod criterion;
#[path = "../src/model/gap.rs"]
pub mod gap;
#[path = "../src/model/glob.rs"]
pub mod glob;
#[path = "../src/model/iam_policy.rs"]
pub mod iam_policy;
#[path = "../src/model/nearest.rs"]
pub mod nearest;
#[path = "../src/model/partial_text.rs"]
pub mod partial_text;
#[path = "../src/model/policy.rs"]
pub mod policy;
#[path = "../src/model/resource/mod.rs"]
pub mod resource;
#[path = "../src/model/tree/mod.rs"]
pub mod tree;
#[path = "../src/model/verdict.rs"]
pub mod verdict;
