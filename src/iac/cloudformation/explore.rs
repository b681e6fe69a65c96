//! The scenarios of a template: what it deploys under each way in which what it leaves open can come out.

use std::collections::VecDeque;
use std::sync::Arc;

use super::deployed::Deployed;
use super::resource::deploy;
use super::scenario::{Assumptions, WORLD_LIMIT};
use super::template::Template;

/// How many steps all scenarios of a template may take together.
const STEP_LIMIT: u64 = 12_000_000;

/// Evaluates the template in every scenario that is worth telling apart: in each, what would have to be
/// assumed to know more is assumed one way and the other, as long as there are not too many.
pub(super) fn explore(template: &Template, file: &Arc<str>) -> Vec<(Assumptions, Deployed)> {
    let mut done: Vec<(Assumptions, Deployed)> = Vec::new();
    let mut waiting = VecDeque::from([Assumptions::default()]);
    let mut limit = None;
    while let Some(scenario) = waiting.pop_front() {
        let deployed = deploy(template, &scenario, file);
        let limit = *limit.get_or_insert_with(|| {
            // Half of the evaluations are of scenarios that are then split.
            let affordable = STEP_LIMIT / deployed.steps.max(1) / 2;
            usize::try_from(affordable).unwrap_or(WORLD_LIMIT).clamp(1, WORLD_LIMIT)
        });
        let others = done.len() + waiting.len();
        // What has one branch decides too: what is allowed is one value.
        match deployed.undecided.iter().find(|one| others + one.scenarios() <= limit) {
            Some(one) => waiting.extend(scenario.split(one)),
            None => done.push((scenario, deployed)),
        }
    }
    done.sort_by(|one, other| one.0.order.cmp(&other.0.order));
    done
}
