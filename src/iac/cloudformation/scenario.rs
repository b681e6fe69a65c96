//! What is assumed of what a template leaves open, and which assumptions are worth making.

use std::collections::BTreeSet;
use std::sync::Arc;

/// Most scenarios of one template.
pub(super) const WORLD_LIMIT: usize = 64;

/// The longest value shown in a sentence, in characters.
const SHOWN_LIMIT: usize = 60;

/// What is assumed of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// This value.
    Is(Arc<str>),
    /// None of these values.
    Not(BTreeSet<Arc<str>>),
}

/// One assumption.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Assumed {
    Parameter(Arc<str>, Known),
    Comparison { key: String, label: String, truth: bool },
}

/// What is assumed in a scenario.
#[derive(Debug, Clone, Default)]
pub(super) struct Assumptions {
    assumed: Vec<Assumed>,
    /// Which branch was taken at each split, for the order of the scenarios.
    pub(super) order: Vec<usize>,
}

/// Something that would have to be assumed to know more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Undecided {
    /// The value of a parameter: one of these; if not closed, or none of them.
    Parameter {
        /// Its name.
        name: Arc<str>,
        /// The values to try.
        values: Vec<Arc<str>>,
        /// Whether it can have no other value.
        closed: bool,
    },
    /// Whether two things are equal.
    Comparison {
        /// What tells it from other comparisons.
        key: String,
        /// What it is called in a sentence.
        label: String,
    },
}

impl Undecided {
    /// Takes the other into this one, if both are for the same thing.
    pub(super) fn joined(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::Parameter { name, values, .. }, Self::Parameter { name: same, values: more, .. })
                if name == same =>
            {
                for value in more {
                    if !values.contains(value) && values.len() <= WORLD_LIMIT {
                        values.push(Arc::clone(value));
                    }
                }
                true
            }
            (Self::Comparison { key, .. }, Self::Comparison { key: same, .. }) => key == same,
            _ => false,
        }
    }

    /// How many scenarios one scenario becomes when this is assumed.
    pub(super) fn scenarios(&self) -> usize {
        match self {
            Self::Parameter { values, closed, .. } => values.len() + usize::from(!closed),
            Self::Comparison { .. } => 2,
        }
    }
}

impl Assumptions {
    /// What is assumed of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&Known> {
        self.assumed.iter().find_map(|assumed| match assumed {
            Assumed::Parameter(known, value) if &**known == name => Some(value),
            _ => None,
        })
    }

    /// What is assumed of a comparison.
    pub(super) fn comparison(&self, wanted: &str) -> Option<bool> {
        self.assumed.iter().find_map(|assumed| match assumed {
            Assumed::Comparison { key, truth, .. } if key == wanted => Some(*truth),
            _ => None,
        })
    }

    /// The scenarios that this one becomes.
    pub(super) fn split(&self, undecided: &Undecided) -> Vec<Self> {
        let mut out = Vec::new();
        let mut branch = |assumed: Assumed| {
            let mut scenario = self.clone();
            let known = scenario.assumed.iter_mut().find(|known| match (&**known, &assumed) {
                (Assumed::Parameter(name, _), Assumed::Parameter(same, _)) => name == same,
                _ => false,
            });
            match known {
                Some(known) => *known = assumed,
                None => scenario.assumed.push(assumed),
            }
            scenario.order.push(out.len());
            out.push(scenario);
        };
        match undecided {
            Undecided::Parameter { name, values, closed } => {
                for value in values {
                    branch(Assumed::Parameter(Arc::clone(name), Known::Is(Arc::clone(value))));
                }
                if !closed {
                    let mut none: BTreeSet<Arc<str>> = values.iter().cloned().collect();
                    if let Some(Known::Not(before)) = self.parameter(name) {
                        none.extend(before.iter().cloned());
                    }
                    branch(Assumed::Parameter(Arc::clone(name), Known::Not(none)));
                }
            }
            Undecided::Comparison { key, label } => {
                for truth in [true, false] {
                    branch(Assumed::Comparison { key: key.clone(), label: label.clone(), truth });
                }
            }
        }
        out
    }

    /// The assumptions, each for a reader.
    pub(super) fn sentences(&self) -> Vec<String> {
        self.assumed
            .iter()
            .map(|assumed| match assumed {
                Assumed::Parameter(name, Known::Is(value)) => format!("{name} is {}", shown(value)),
                Assumed::Parameter(name, Known::Not(values)) if values.len() == 1 => {
                    format!("{name} is not {}", values.iter().map(|value| shown(value)).collect::<String>())
                }
                Assumed::Parameter(name, Known::Not(values)) => {
                    let values: Vec<_> = values.iter().map(|value| shown(value)).collect();
                    format!("{name} is none of {}", values.join(", "))
                }
                Assumed::Comparison { label, truth, .. } => format!("{label} is {truth}"),
            })
            .collect()
    }
}

fn shown(value: &str) -> String {
    let mut kept: String = value.chars().take(SHOWN_LIMIT).collect();
    if kept.len() < value.len() {
        kept.push('…');
    }
    format!("{kept:?}")
}
