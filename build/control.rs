//! What reads and checks control files.

#[path = "../src/control/compile.rs"]
pub mod compile;
#[path = "../src/control/diagnostic.rs"]
pub mod diagnostic;
#[path = "../src/control/expression/mod.rs"]
pub mod expression;
#[path = "../src/control/functions/mod.rs"]
pub mod functions;
#[path = "../src/control/schema.rs"]
pub mod schema;
