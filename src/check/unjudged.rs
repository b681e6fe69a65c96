//! Resources that no control looks at, though their like is judged: a reader would take their silence for a pass.

use std::collections::BTreeSet;

use crate::iac::deployment::{Code, Place, Problem};

/// Kinds of blocks, with what they are and what is not asked of them.
const KINDS: [(&[&str], &str, &str); 1] = [(
    &["aws_elb", "AWS::ElasticLoadBalancing::LoadBalancer"],
    "classic load balancer",
    "the controls of load balancers look at application, network and gateway load balancers",
)];

/// One note for each of them that is there, at the first place.
pub(super) fn notes(code: &Code) -> Vec<Problem> {
    let mut notes = Vec::new();
    for (kinds, what, why) in KINDS {
        let mut found: BTreeSet<(&Place, &str)> = BTreeSet::new();
        let scenarios = code.deployments.iter().flat_map(|deployment| &deployment.scenarios);
        for block in scenarios.flat_map(|scenario| &scenario.blocks) {
            if kinds.contains(&&*block.kind) {
                found.insert((&block.place, &block.address));
            }
        }
        let Some((place, address)) = found.first() else { continue };
        let more = match found.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        notes.push(Problem {
            file: place.file.to_string(),
            line: Some(place.line),
            message: format!("{address}{more} is not judged: it is a {what}, and {why}"),
        });
    }
    notes
}
