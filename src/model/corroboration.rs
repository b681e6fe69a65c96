//! Where Security Hub can stand beside our verdicts as the second source, and where not.

use std::collections::BTreeMap;

use super::gap::{Gap, GapCode};
use super::resource::{TypedResource, securityhub};
use super::scan::Population;

/// A place whose findings could not stand beside our verdicts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoCorroboration {
    /// Twelve-digit account id.
    pub account: String,
    /// Region name.
    pub region: String,
    /// Why.
    pub why: Why,
}

/// Why there is no second source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Security Hub is off there.
    Off,
    /// Its findings could not be read, or not to the end.
    Unread(Gap),
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("Security Hub is off"),
            Self::Unread(gap) => write!(f, "the findings of Security Hub could not be read in full: {gap}"),
        }
    }
}

/// Where there is a second source, and where not.
pub struct Corroboration {
    /// By account and region: `None` where the findings are complete.
    known: BTreeMap<(String, String), Option<Why>>,
}

impl Corroboration {
    /// Reads it off the counts of hubs and findings.
    #[must_use]
    pub fn of(populations: &[Population]) -> Self {
        let mut known: BTreeMap<(String, String), Option<Why>> = BTreeMap::new();
        let of_type = |name: &'static str| populations.iter().filter(move |population| population.r#type == name);
        for population in of_type(securityhub::Finding::TYPE) {
            let at = (population.account.clone(), population.region.clone());
            known.insert(at, (!population.complete).then(|| Why::Unread(gap_of(population))));
        }
        // A hub that is off has no findings, and their complete lack says nothing of the items.
        for population in of_type(securityhub::Hub::TYPE) {
            let at = (population.account.clone(), population.region.clone());
            if !population.complete {
                known.insert(at, Some(Why::Unread(gap_of(population))));
            } else if population.count == 0 {
                known.insert(at, Some(Why::Off));
            } else {
                let unasked = || Why::Unread(Gap::new(GapCode::NotCollected, "the findings were not listed"));
                known.entry(at).or_insert_with(|| Some(unasked()));
            }
        }
        Self { known }
    }

    /// Whether the lack of a finding on an item means that Security Hub has none: the item's region
    /// has a second source; for the account and for global services, some region of it has, and
    /// none was left unread.
    #[must_use]
    pub fn complete(&self, account: &str, region: &str) -> bool {
        if let Some(why) = self.known.get(&(account.to_owned(), region.to_owned())) {
            return why.is_none();
        }
        if region != "global" {
            return false;
        }
        let here: Vec<&Option<Why>> =
            self.known.iter().filter(|((of, _), _)| of == account).map(|(_, why)| why).collect();
        here.iter().any(|why| why.is_none()) && !here.iter().any(|why| matches!(why, Some(Why::Unread(_))))
    }

    /// The accounts and regions that have no second source, and why; sorted.
    #[must_use]
    pub fn without(&self) -> Vec<NoCorroboration> {
        let place = |((account, region), why): (&(String, String), &Option<Why>)| {
            let why = why.clone()?;
            Some(NoCorroboration { account: account.clone(), region: region.clone(), why })
        };
        self.known.iter().filter_map(place).collect()
    }
}

fn gap_of(population: &Population) -> Gap {
    population.gap.clone().unwrap_or_else(|| Gap::new(GapCode::PopulationIncomplete, ""))
}
